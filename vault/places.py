"""Which program has which key, in which folder, and who pins its public half.

A machine holds the folders of the programs that run on it and no others; locally all four stand
side by side. What others must pin lies in `public/`, to be carried over.
"""

from pathlib import Path

from . import certificates

#: Each program by the name its owner knows it by, and its folder.
ROLES = {"shop": "keys", "payment": "payment", "vault": "vault", "desk": "desk"}
PUBLIC = "public"

#: Each signing key, the folder of its one owner, and the folders that pin its public half. The
#: desk's own are sealed, so it keeps their public halves beside them.
SIGNERS = {
    "root": ("desk", ("desk", "keys", "payment", "vault")),
    "desk": ("desk", ("desk", "keys", "vault")),
    "shop": ("keys", ("payment", "vault", "desk")),
    "vault": ("vault", ("keys", "payment", "desk")),
}
#: Each end of the line by role: its use, and the folders that pin its certificate.
LINES = {
    "shop": (certificates.CLIENT, ("vault",)),
    "payment": (certificates.CLIENT, ("vault",)),
    "desk": (certificates.CLIENT, ("vault",)),
    "vault": (certificates.SERVER, ("keys", "payment", "desk")),
}
MANIFEST = "manifest"


def roles_in(instance: Path) -> tuple[str, ...]:
    """The roles of this machine, as they were written down; all of them where none were."""
    path = instance / PUBLIC / "roles"
    return tuple(path.read_text("ascii").split()) if path.exists() else tuple(ROLES)


def folders_of(roles) -> tuple[str, ...]:
    """The folders of these roles."""
    return tuple(ROLES[role] for role in roles)


def pins() -> dict[str, tuple[str, ...]]:
    """Every file of `public/`, and the folders that pin it."""
    signers = {f"{name}.pub": pinned for name, (_, pinned) in SIGNERS.items()}
    lines = {f"{role}-line.pem": pinned for role, (_, pinned) in LINES.items()}
    return signers | lines | {MANIFEST: tuple(ROLES.values())}


def owner(name: str) -> str:
    """The folder that a file of `public/` comes from."""
    if name == MANIFEST:
        return "desk"
    stem = name.removesuffix(".pub")
    return SIGNERS[stem][0] if stem in SIGNERS else ROLES[name.removesuffix("-line.pem")]
