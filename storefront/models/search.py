"""Text search over products: FTS5 on SQLite, a text-search index on PostgreSQL, one interface.

Words match by their beginnings. Ranking looks at a capped set of candidates, so that a common
word costs no more than a rare one: those with the word in the title come first, then in type,
vendor, tags and options, then in the description; the newest first among equals.
"""

import re
import unicodedata
from functools import reduce
from operator import or_

from storefront.db import database, is_sqlite
from storefront.models.product import Product, Variant
from storefront.models.vocabulary import LAST, Word

MOST_CANDIDATES = 1000
MOST_TERMS = 8
LONGEST_TERM = 40
MOST_ENDINGS = 20  # of one word
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


def candidates(words: list[str]) -> list[int]:
    """Ids of products that have all the words, the best first, a thousand at most; two queries.

    A word stands for every known word that begins with it. Whole words are read lazily from the
    index, the newest first; a true prefix, only looked for where it has too many endings, is not.
    """
    if not words:
        return []
    return (_candidates_sqlite if is_sqlite() else _candidates_postgresql)(_endings(words))


def _endings(words: list[str]) -> dict[str, list[str]]:
    """The known words that begin with each of these; none where they are unknown or too many."""
    begins = [Word.text.between(word, word + LAST) for word in words]
    known = Word.select(Word.text).where(reduce(or_, begins)).limit(MOST_ENDINGS * len(words) + 1)
    found = [row[0] for row in known.tuples()]
    if len(found) > MOST_ENDINGS * len(words):
        return {word: [] for word in words}
    return {word: [text for text in found if text.startswith(word)] for word in words}


def _candidates_sqlite(endings: dict[str, list[str]]) -> list[int]:
    # The word itself too: descriptions hold words that no title or fact does.
    each = (" OR ".join(f'"{t}"' for t in (w, *e)) if e else f'"{w}"*' for w, e in endings.items())
    phrase = " AND ".join(f"({one})" for one in each)
    # The newest that match are read, up to the cap, and only they are ranked: bm25, or a search
    # of all titles, would read every match.
    sql = (
        "WITH matching AS MATERIALIZED (SELECT rowid AS id FROM product_text"
        " WHERE product_text MATCH ? ORDER BY rowid DESC LIMIT ?)"
        " SELECT id FROM (SELECT id, 2 AS tier FROM matching UNION ALL"
        " SELECT rowid, 0 FROM product_text WHERE product_text MATCH ?"
        " AND rowid >= (SELECT min(id) FROM matching) UNION ALL"
        " SELECT rowid, 1 FROM product_text WHERE product_text MATCH ?"
        " AND rowid >= (SELECT min(id) FROM matching))"
        " GROUP BY id ORDER BY min(tier), id DESC"
    )
    places = (f"{{title}} : ({phrase})", f"{{title facts}} : ({phrase})")
    return [row[0] for row in database.execute_sql(sql, (phrase, MOST_CANDIDATES, *places))]


def _candidates_postgresql(endings: dict[str, list[str]]) -> list[int]:
    each = (" | ".join(f"'{t}'" for t in (w, *e)) if e else f"'{w}':*" for w, e in endings.items())
    query = " & ".join(f"({one})" for one in each)
    rows = database.execute_sql(
        "SELECT product_id FROM (SELECT product_id, ts_rank(words, query) AS rank FROM"
        " (SELECT product_id, words, to_tsquery('english', %s) AS query FROM product_text"
        "  WHERE words @@ to_tsquery('english', %s) LIMIT %s) AS matching) AS ranked"
        " ORDER BY rank DESC, product_id DESC",
        (query, query, MOST_CANDIDATES),
    )
    return [row[0] for row in rows]
