"""Text search over products: FTS5 on SQLite, a text-search index on PostgreSQL, one interface.

Words match by their beginnings. Ranking looks at a capped set of candidates, so that a common
word costs no more than a rare one: those with the word in the title come first, then in type,
vendor, tags and options, then in the description; the newest first among equals.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import NamedTuple

from storefront.db import database, is_sqlite
from storefront.models.product import Product, Variant
from storefront.models.vocabulary import LAST, Word

MOST_CANDIDATES = 1000
MOST_TERMS = 8
LONGEST_TERM = 40
MOST_ENDINGS = 20  # of one word
MOST_TAGGED = 1000  # products with one tag that are brought forward
MARKUP = re.compile(r"<[^>]*>|&[a-z]+;|&#\d+;")


def terms(query: str) -> list[str]:
    """The words of a query as the index knows them: lower case, without accents, eight at most."""
    plain = unicodedata.normalize("NFKD", query[:500]).lower()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    found = re.findall(r"[^\W_]+", plain)
    return [term[:LONGEST_TERM] for term in dict.fromkeys(found)][:MOST_TERMS]


def index(product: Product, variants: list[Variant]) -> list[str]:
    """Put a product into the index as it is now; gives the words it is found by."""
    choices = {value for variant in variants for value in variant.choice}
    skus = {variant.sku for variant in variants if variant.sku}
    facts = [product.type, product.vendor, *product.tags, *sorted(choices), *sorted(skus)]
    texts = (product.title, " ".join(facts), MARKUP.sub(" ", product.description))
    _forget(product.id)
    if product.status == "active" and product.published:
        (_index_sqlite if is_sqlite() else _index_postgresql)(product.id, texts)
        return sorted({word for text in texts[:2] for word in terms(text)})
    return []


def _forget(product_id: int) -> None:
    table, key = ("product_text", "rowid") if is_sqlite() else ("product_text", "product_id")
    database.execute_sql(f"DELETE FROM {table} WHERE {key} = {int(product_id)}")  # noqa: S608


def _index_sqlite(product_id: int, texts: tuple[str, ...]) -> None:
    # The index removes accents itself, but must split words as `terms` does.
    database.execute_sql(
        "INSERT INTO product_text (rowid, title, facts, words) VALUES (?, ?, ?, ?)",
        (product_id, *texts),
    )


def _index_postgresql(product_id: int, texts: tuple[str, ...]) -> None:
    plain = [" ".join(re.findall(r"[^\W_]+", _unaccented(text))) for text in texts]
    database.execute_sql(
        "INSERT INTO product_text (product_id, words) VALUES (%s,"
        " setweight(to_tsvector('english', %s), 'A') ||"
        " setweight(to_tsvector('english', %s), 'B') ||"
        " setweight(to_tsvector('english', %s), 'C'))",
        (product_id, *plain),
    )


def _unaccented(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).lower()
    return "".join(c for c in plain if not unicodedata.combining(c))


class Found(NamedTuple):
    """Ids of products, the best first; `as_typed` is whether the first wordings find any."""

    ids: list[int]
    as_typed: bool


# What is looked for: parts, all of which a product has; a part is one of several wordings, the one
# that was typed first; of a wording it has all words.
Sought = list[list[tuple[str, ...]]]


def plainly(words: list[str]) -> Sought:
    """These words and no others for them."""
    return [[(word,)] for word in words]


def candidates(words: list[str]) -> list[int]:
    """Ids of products that have all the words; see `find`."""
    return find(plainly(words)).ids


def find(sought: Sought) -> Found:
    """The products that have all that is sought, a thousand at most; two queries.

    A word stands for every known word that begins with it. Whole words are read lazily from the
    index, the newest first; a true prefix, only looked for where it has too many endings, is not.
    """
    if not sought:
        return Found([], True)
    words = dict.fromkeys(word for part in sought for wording in part for word in wording)
    look = _found_sqlite if is_sqlite() else _found_postgresql
    rows = look(sought, _endings(list(words)))
    return Found([row[0] for row in rows], bool(rows and rows[0][1]))


def _endings(words: list[str]) -> dict[str, list[str]]:
    """The known words that begin with each of these; none where they are unknown or too many."""
    begins = [Word.text.between(word, word + LAST) for word in words]
    known = Word.select(Word.text).where(reduce(or_, begins)).limit(MOST_ENDINGS * len(words) + 1)
    found = [row[0] for row in known.tuples()]
    if len(found) > MOST_ENDINGS * len(words):
        return {word: [] for word in words}
    return {word: [text for text in found if text.startswith(word)] for word in words}


def _written(sought: Sought, words: dict[str, str], both: str, either: str) -> str:
    """What is sought, in an index's language: how it writes each word, "and" and "or"."""
    parts = (
        [both.join(words[word] for word in wording).join("()") for wording in part]
        for part in sought
    )
    return both.join(either.join(part).join("()") for part in parts)


def _typed(sought: Sought) -> Sought:
    """What was typed, without other wordings for it."""
    return [part[:1] for part in sought]


def _found_sqlite(sought: Sought, endings: dict[str, list[str]]) -> list[tuple]:
    # The word itself too: descriptions hold words that no title or fact does.
    words = {
        w: " OR ".join(f'"{t}"' for t in (w, *e)).join("()") if e else f'"{w}"*'
        for w, e in endings.items()
    }
    phrase = _written(sought, words, " AND ", " OR ")
    typed = _written(_typed(sought), words, " AND ", " OR ")
    # The newest that match are read, up to the cap, and only they are ranked: bm25, or a search
    # of all titles, would read every match.
    sql = (
        "WITH matching AS MATERIALIZED (SELECT rowid AS id FROM product_text"  # noqa: S608
        " WHERE product_text MATCH ? ORDER BY rowid DESC LIMIT ?)"
        f" SELECT id, {_ANY_SQLITE if typed != phrase else '1'}"
        " FROM (SELECT id, 2 AS tier FROM matching UNION ALL"
        " SELECT rowid, 0 FROM product_text WHERE product_text MATCH ?"
        " AND rowid >= (SELECT min(id) FROM matching) UNION ALL"
        " SELECT rowid, 1 FROM product_text WHERE product_text MATCH ?"
        " AND rowid >= (SELECT min(id) FROM matching))"
        " GROUP BY id ORDER BY min(tier), id DESC"
    )
    places = (f"{{title}} : ({phrase})", f"{{title facts}} : ({phrase})")
    asked = (typed,) if typed != phrase else ()
    return list(database.execute_sql(sql, (phrase, MOST_CANDIDATES, *asked, *places)))


_ANY_SQLITE = "EXISTS (SELECT 1 FROM product_text WHERE product_text MATCH ?)"
_ANY_POSTGRESQL = "EXISTS (SELECT 1 FROM product_text WHERE words @@ to_tsquery('english', %s))"


def _found_postgresql(sought: Sought, endings: dict[str, list[str]]) -> list[tuple]:
    words = {
        w: " | ".join(f"'{t}'" for t in (w, *e)).join("()") if e else f"'{w}':*"
        for w, e in endings.items()
    }
    query = _written(sought, words, " & ", " | ")
    typed = _written(_typed(sought), words, " & ", " | ")
    asked = (typed,) if typed != query else ()
    rows = database.execute_sql(
        f"SELECT product_id, {_ANY_POSTGRESQL if asked else 'true'} FROM"  # noqa: S608
        " (SELECT product_id, ts_rank(words, query) AS rank FROM"
        " (SELECT product_id, words, to_tsquery('english', %s) AS query FROM product_text"
        "  WHERE words @@ to_tsquery('english', %s) LIMIT %s) AS matching) AS ranked"
        " ORDER BY rank DESC, product_id DESC",
        (*asked, query, query, MOST_CANDIDATES),
    )
    return list(rows)


def tagged(tag: str) -> list[int]:
    """Ids of products on sale with that tag, the newest `MOST_TAGGED` at most."""
    words = terms(tag)
    if not words:
        return []
    ids = [row[0] for row in (_tagged_sqlite if is_sqlite() else _tagged_postgresql)(words)]
    rows: Iterable[tuple] = ()
    for start in range(0, len(ids), 500):
        some = Product.select(Product.id, Product.tags)
        rows = [*rows, *some.where(Product.id.in_(ids[start : start + 500])).tuples()]
    return [number for number, tags in rows if tag in tags]


def _tagged_sqlite(words: list[str]):
    phrase = " ".join(f'"{word}"' for word in words)
    return database.execute_sql(
        "SELECT rowid FROM product_text WHERE product_text MATCH ? ORDER BY rowid DESC LIMIT ?",
        (f"{{facts}} : ({phrase})", MOST_TAGGED),
    )


def _tagged_postgresql(words: list[str]):
    query = " & ".join(f"'{word}':B" for word in words)
    return database.execute_sql(
        "SELECT product_id FROM product_text WHERE words @@ to_tsquery('english', %s)"
        " ORDER BY product_id DESC LIMIT %s",
        (query, MOST_TAGGED),
    )
