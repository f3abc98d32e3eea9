"""Which addresses of mail lead to one mailbox, as far as their spelling tells."""


def mailbox_of(email: str) -> str:
    """An address as two spellings share it: without case and `+anything`, or dots at Gmail."""
    local, _, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"
