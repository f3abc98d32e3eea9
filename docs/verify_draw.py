#!/usr/bin/env python3
"""Checks the draw of a contest, with nothing but Python's own library.

    python3 verify_draw.py draw.json              the draw itself: root, value, winners
    python3 verify_draw.py draw.json mail.eml     and that the entry of that mail was in it

draw.json is the file that the contest's page leads to, or its address. mail.eml is the mail that
came when the contest closed, saved as a file, or the block in it copied into one.

    --root HEX     the root as you noted it before the draw; that of the mail is compared anyway
    --entries N    how many entries there were, as you noted it beside the root
    --value HEX    the value of the round as you read it somewhere else than at the shop

Exit code 0 when all is well, 1 with a sentence when it is not.

What is not checked here: that the signature in the file is the beacon's own, which takes pairings
on the curve BLS12-381. Ask any relay of drand for the round instead, such as the address that is
printed, and give its value with --value; or any client of drand, which checks the signature.
"""

import argparse
import email
import email.policy
import hashlib
import json
import re
import sys
import time
import urllib.request
from pathlib import Path

FORMULA = 1
CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"  # drand quicknet
GENESIS, PERIOD = 1692803367, 3  # of that chain, in seconds
BLOCK = re.compile(r"-----BEGIN DRAW PROOF-----\s(.*?)\s-----END DRAW PROOF-----", re.DOTALL)


class Wrong(Exception):
    """Something does not fit, in a sentence."""


def sha256(data):
    """The hash that everything here is made with."""
    return hashlib.sha256(data).digest()


def root_of(leaves):
    """The Merkle tree hash over leaves that are hashes already (RFC 6962, 2.1)."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha256(b"\x01" + root_of(leaves[:left]) + root_of(leaves[left:]))


def root_by_path(leaf, index, size, path):
    """The root that an audit path leads to (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise Wrong("The place in the proof is none of the list's.")
    node, at, last = leaf, index, size - 1
    for beside in path:
        if last == 0:
            raise Wrong("The path in the proof is longer than the tree is high.")
        if at % 2 or at == last:
            node = sha256(b"\x01" + beside + node)
            while not at % 2 and at:
                at, last = at // 2, last // 2
        else:
            node = sha256(b"\x01" + node + beside)
        at, last = at // 2, last // 2
    if last:
        raise Wrong("The path in the proof is shorter than the tree is high.")
    return node


def drawn(root, value, size, how_many):
    """The first places that are drawn, without any of them twice."""
    found, turn = [], 0
    while len(found) < min(how_many, size):
        number = int.from_bytes(sha256(root + value + turn.to_bytes(8, "big")), "big")
        place = number % size
        if number < 2**256 - 2**256 % size and place not in found:
            found.append(place)
        turn += 1
    return found


def check_list(draw):
    """The root is that of the leaves in the file; gives both."""
    leaves = [bytes.fromhex(leaf) for leaf in draw["leaves"]]
    if len(leaves) != draw["entries"]:
        raise Wrong(f"The file says {draw['entries']} entries and has {len(leaves)}.")
    # A branch of the tree would pass for a leaf, and an entry for two.
    if leaves != sorted(set(leaves)) or any(len(leaf) != 32 for leaf in leaves):
        raise Wrong("The leaves in the file are not in their order, each once and of 32 bytes.")
    root = root_of(leaves)
    if root.hex() != draw["root"]:
        raise Wrong(f"The leaves in the file have the root {root.hex()}, not {draw['root']}.")
    return leaves, root


def check_value(draw, elsewhere):
    """The value is that of the signature, or of the dice; gives it."""
    value = bytes.fromhex(draw["value"])
    if draw["beacon"]:
        if draw["beacon"]["chain"] != CHAIN:
            raise Wrong("The file names another chain than drand's quicknet.")
        if sha256(bytes.fromhex(draw["beacon"]["signature"])) != value:
            raise Wrong("The value is not the SHA-256 of the beacon's signature.")
    elif sha256(draw["ceremony"]["digits"].encode("ascii")) != value:
        raise Wrong("The value is not the SHA-256 of the digits.")
    if elsewhere and bytes.fromhex(elsewhere) != value:
        raise Wrong(f"You have read the value {elsewhere}, and the shop used {value.hex()}.")
    return value


def check_order(draw):
    """The root was out before the round came, by the moments that the shop gives."""
    if not draw["beacon"]:
        return
    comes = time_of(draw["beacon"]["round"])
    if draw["committed"] >= comes:
        raise Wrong(f"The root is of {draw['committed']}, and the round came at {comes} already.")


def time_of(number):
    """When a round of quicknet comes, as the file writes moments."""
    moment = time.gmtime(GENESIS + (number - 1) * PERIOD)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)


def check_winners(draw, root, value):
    """The winners are those that the formula draws, in its order; gives their places."""
    if draw["formula"]["version"] != FORMULA:
        raise Wrong(f"This script knows formula {FORMULA} only; get the one of that shop.")
    said = [winner["index"] for winner in draw["winners"]]
    found = drawn(root, value, draw["entries"], len(said))
    if said != found:
        raise Wrong(f"The formula draws the entries {found}, and the file says {said}.")
    return found


def check_proof(proof, draw, leaves, root):
    """The entry of a mail was in the list; gives its place."""
    if proof["contest"] != draw["contest"]:
        raise Wrong(f"The mail is about {proof['contest']}, the file about {draw['contest']}.")
    if proof["root"] != draw["root"] or proof["entries"] != draw["entries"]:
        raise Wrong("The mail has another root than the file: the list was changed after closing.")
    if proof["round"] != (draw["beacon"] or {"round": None})["round"]:
        raise Wrong("The mail names another round than the file.")
    digest = bytes.fromhex(proof["digest"])
    if "facts" in proof:
        text = json.dumps(proof["facts"], sort_keys=True, separators=(",", ":"))
        if sha256(text.encode("ascii")) != digest:
            raise Wrong("The digest in the mail is not that of its facts.")
    leaf = sha256(b"\x00" + bytes.fromhex(proof["salt"]) + digest)
    path = [bytes.fromhex(each) for each in proof["path"]]
    if root_by_path(leaf, proof["index"], proof["entries"], path) != root:
        raise Wrong("The path in the mail does not lead from your entry to the root.")
    if leaves[proof["index"]] != leaf:
        raise Wrong("At the place of your entry the file has another leaf.")
    return proof["index"]


def proof_in(path):
    """The block of a mail, however it was saved."""
    raw = Path(path).read_bytes()
    text = raw.decode("utf-8", "replace")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if message["Message-ID"] or message["Subject"]:
        part = message.get_body(["plain"])
        text = part.get_content() if part else text
    # Programs that forward a mail put such signs before its lines.
    found = BLOCK.search(re.sub(r"(?m)^[> ]+", "", text.replace("\r\n", "\n")))
    if not found:
        raise Wrong(f"{path} has no block between the two lines with DRAW PROOF.")
    return json.loads(found[1])


def read(where):
    """The file of the draw, from the disk or from the shop."""
    if re.match(r"https?://", where):
        with urllib.request.urlopen(where, timeout=30) as answer:  # noqa: S310
            return json.load(answer)
    return json.loads(Path(where).read_bytes())


def check(arguments):
    """Everything that can be checked with what was given, said line by line."""
    draw = read(arguments.draw)
    leaves, root = check_list(draw)
    print(f"{len(leaves)} entries under the root {root.hex()}, published {draw['committed']}.")
    if arguments.root and arguments.root.lower() != root.hex():
        raise Wrong(f"You noted the root {arguments.root}: the list was changed since.")
    if arguments.entries is not None and arguments.entries != len(leaves):
        raise Wrong(f"You noted {arguments.entries} entries: the list was changed since.")
    check_order(draw)
    mine = None
    if arguments.mail:
        proof = proof_in(arguments.mail)
        mine = check_proof(proof, draw, leaves, root)
        print(f"Your entry was in: it is number {mine}.")
        if "facts" not in proof:
            print("The mail does not say what was entered, so this shows nothing of whose it is.")
    if not draw["value"]:
        if draw["winners"]:
            raise Wrong("The file names winners, and no value that they were drawn by.")
        print("It is not drawn yet.")
        return
    value = check_value(draw, arguments.value)
    if draw["beacon"]:
        number = draw["beacon"]["round"]
        print(f"Drawn by round {number} of drand, which came at {time_of(number)}.")
        if not arguments.value:
            print("Compare its value with what others say:")
            print(f"  {value.hex()}")
            print(f"  https://api.drand.sh/{CHAIN}/public/{number}")
    else:
        print(f"Drawn by dice: {draw['ceremony']['digits']}")
    winners = check_winners(draw, root, value)
    if draw["winners"]:
        says = ", ".join(f"{each['index']} ({each['state']})" for each in draw["winners"])
        print(f"The winners are right: {says}.")
    if mine is not None:
        print("You are among them." if mine in winners else "You are not among them.")


def main():
    """Read the arguments, check, and say how it went."""
    about, _, more = __doc__.partition("\n\n")
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=form)
    parser.add_argument("draw", help="draw.json, or its address")
    parser.add_argument("mail", nargs="?", help="the mail that came at closing")
    parser.add_argument("--root", default="", help="the root as you noted it")
    parser.add_argument("--entries", type=int, help="their number as you noted it")
    parser.add_argument("--value", default="", help="the value as you read it elsewhere")
    arguments = parser.parse_args()
    try:
        check(arguments)
    except Wrong as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as trouble:
        print(f"This cannot be read: {type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 1
    print("All is well.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
