"""Pages call roles and permissions by name; a new one needs its words."""

from app.identity.rules import ROLES
from app.identity.words import PERMISSION_NAMES, ROLE_NAMES
from app.web.access import Permission


def test_every_role_and_every_permission_has_a_name() -> None:
    assert set(ROLE_NAMES) == set(ROLES)
    assert set(PERMISSION_NAMES) == set(Permission)
