-- Rules for other servers by number, and what else they may say.

alter table domain_rules add column id bigint not null default 0;
alter table domain_rules add column reject_media boolean not null default false;
alter table domain_rules add column reject_reports boolean not null default false;
alter table domain_rules add column private_comment text not null default '';
alter table domain_rules add column obfuscate boolean not null default false;
update domain_rules set id = (select count(*) from domain_rules o where o.domain <= domain_rules.domain);
