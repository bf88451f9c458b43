"""Fictitious but well-formed numbers: birth years 1900 to 1905, so that they are nobody's."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def resident_id(serial: int) -> str:
    """A resident identity number of Beijing's Dongcheng, born 1 January 1901; `serial` from 0 to 999."""
    body = f"11010119010101{serial:03d}"
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


def credit_code(serial: int) -> str:
    """A unified social credit code of an enterprise in Shanghai; `serial` up to eight digits."""
    organisation = f"{serial:08d}"
    total = sum(w * int(d) for w, d in zip((3, 7, 9, 10, 5, 8, 4, 2), organisation, strict=True))
    body = "91310000" + organisation + "0X987654321"[total % 11]
    rest = sum(pow(3, place, 31) * ALPHABET.index(sign) for place, sign in enumerate(body))
    return body + ALPHABET[-rest % 31]
