"""The table of contents of the pages."""

from fediserver.web.pages import by_mail, data, door, front, kit, people
from fediserver.web.router import Route

ROUTES: list[Route] = [
    Route(method="GET", path="/", endpoint=front.front),
    Route(method="GET", path="/about", endpoint=front.about),
    Route(method="GET", path="/privacy-policy", endpoint=front.privacy_policy),
    Route(method="GET", path="/terms-of-service", endpoint=front.terms_of_service),
    Route(method="GET", path="/auth/sign_in", endpoint=door.sign_in),
    Route(method="POST", path="/auth/sign_in", endpoint=door.sign_in_form),
    Route(method="GET", path="/auth/sign_out", endpoint=door.sign_out_by_link),
    Route(method="POST", path="/auth/sign_out", endpoint=door.sign_out),
    Route(method="GET", path="/auth/sign_up", endpoint=door.sign_up),
    Route(method="POST", path="/auth/sign_up", endpoint=door.sign_up_form),
    Route(method="GET", path="/auth/password", endpoint=door.change_password),
    Route(method="POST", path="/auth/password", endpoint=door.change_password_form),
    Route(method="GET", path="/.well-known/change-password", endpoint=door.where_to_change_password),
    Route(method="GET", path="/auth/password/{token}", endpoint=door.password),
    Route(method="POST", path="/auth/password/{token}", endpoint=door.password_form),
    Route(method="GET", path="/auth/reset", endpoint=by_mail.ask_for_password),
    Route(method="POST", path="/auth/reset", endpoint=by_mail.ask_for_password_form),
    Route(method="GET", path="/auth/confirm", endpoint=by_mail.ask_for_confirmation),
    Route(method="POST", path="/auth/confirm", endpoint=by_mail.ask_for_confirmation_form),
    Route(method="GET", path="/auth/confirm/{token}", endpoint=by_mail.confirm),
    Route(method="POST", path="/auth/confirm/{token}", endpoint=by_mail.confirm_form),
    Route(method="GET", path="/settings/data", endpoint=data.data),
    Route(method="POST", path="/settings/data", endpoint=data.bring),
    Route(method="GET", path="/settings/exports/{name}", endpoint=data.export),
    Route(method="GET", path="/settings/imports/{import_id}/failures.csv", endpoint=data.failures),
    Route(method="GET", path="/@{name}", endpoint=people.profile),
    Route(method="GET", path="/@{name}/{id}", endpoint=people.thread),
    Route(method="GET", path="/tags/{name}", endpoint=people.tag),
    Route(method="GET", path="/collections/{id}", endpoint=people.collection),
    Route(method="GET", path="/static/{name}", endpoint=kit.static_file),
    Route(method="GET", path="/favicon.ico", endpoint=kit.favicon),
]
"""Each endpoint takes the context and the request, with parameters in `request.path_params`."""
