"""The headers of a WooCommerce file, in the languages whose exports are read.

WooCommerce writes headers in the language of the merchant's site; names differ between versions
too. A name is compared without case, with any kind of space, and with straight apostrophes.
"""

import re

# field → its names in English, German, French, Spanish, Dutch and Italian exports; `|` separates
# the names that different versions use, and the first one is what is written.
_NAMES = {
    "id": ("ID", "ID", "ID", "ID", "ID", "ID"),
    "type": ("Type", "Typ", "Type", "Tipo", "Type", "Tipo"),
    "sku": ("SKU", "Artikelnummer", "UGS", "SKU", "Artikelnummer|SKU", "COD|SKU"),
    "gtin": (
        "GTIN, UPC, EAN, or ISBN",
        "GTIN, UPC, EAN oder ISBN",
        "GTIN, UPC, EAN ou ISBN",
        "GTIN, UPC, EAN o ISBN",
        "GTIN, UPC, EAN of ISBN",
        "GTIN, UPC, EAN, o ISBN|GTIN, UPC, EAN o ISBN",
    ),
    "name": ("Name", "Name", "Nom", "Nombre", "Naam", "Nome"),
    "published": (
        *("Published", "Veröffentlicht", "Publié", "Publicado", "Gepubliceerd", "Pubblicato"),
    ),
    "visibility": (
        "Visibility in catalog",
        "Sichtbarkeit im Katalog",
        "Visibilité dans le catalogue",
        "Visibilidad en el catálogo",
        "Zichtbaarheid in catalogus",
        "Visibilità nel catalogo",
    ),
    "short": (
        "Short description",
        "Kurzbeschreibung",
        "Description courte",
        "Descripción corta",
        "Korte beschrijving|Korte omschrijving",
        "Breve descrizione",
    ),
    "description": (
        *("Description", "Beschreibung", "Description", "Descripción"),
        *("Beschrijving", "Descrizione"),
    ),
    "sale_starts": (
        "Date sale price starts",
        "Datum, an dem Angebotspreis beginnt",
        "Date de début de promo",
        "Día en que empieza el precio rebajado",
        "Startdatum actieprijs",
        "Data di partenza del prezzo in saldo",
    ),
    "sale_ends": (
        "Date sale price ends",
        "Datum, an dem Angebotspreis endet",
        "Date de fin de promo",
        "Día en que termina el precio rebajado",
        "Einddatum actieprijs",
        "Termine data del prezzo di vendita",
    ),
    "tax_status": (
        "Tax status",
        "Steuerstatus",
        "État de la TVA|Statut fiscal",
        "Estado del impuesto",
        "Btw status|Belastingstatus",
        "Stato delle imposte",
    ),
    "in_stock": (
        "In stock?",
        "Vorrätig?|Auf Lager?",
        "En stock ?|En inventaire ?",
        "¿Existencias?|¿En inventario?",
        "Op voorraad?",
        "In stock?",
    ),
    "stock": (
        *("Stock", "Lager|Lagerbestand|Bestand", "Stock|Inventaire", "Inventario"),
        *("Voorraad", "Magazzino"),
    ),
    "backorders": (
        "Backorders allowed?",
        "Lieferrückstande erlaubt?|Lieferrückstände erlaubt?",
        "Autoriser les commandes de produits en rupture ?",
        "¿Permitir reservas de productos agotados?",
        "Nabestellingen toestaan?",
        "Abilita gli ordini arretrati?",
    ),
    "sale_price": (
        *("Sale price", "Angebotspreis", "Tarif promo", "Precio rebajado|Precio de oferta"),
        *("Actieprijs", "Prezzo in offerta"),
    ),
    "regular_price": (
        *("Regular price", "Regulärer Preis", "Tarif régulier", "Precio normal"),
        *("Reguliere prijs", "Prezzo di listino"),
    ),
    "categories": (
        *("Categories", "Kategorien", "Catégories", "Categorías", "Categorieën", "Categorie"),
    ),
    "tags": (
        *("Tags", "Schlagwörter|Schlagworte", "Étiquettes", "Etiquetas", "Tags"),
        "Etichette|Tag",
    ),
    "images": (*("Images", "Bilder", "Images", "Imágenes", "Afbeeldingen", "Immagine|Immagini"),),
    "parent": (
        *("Parent", "Übergeordnetes Produkt|Übergeordnet", "Parent", "Superior", "Hoofd"),
        "Genitore",
    ),
    "external_url": (
        *("External URL", "Externe URL", "URL externe", "URL externa", "Externe URL"),
        "URL esterna|URL esterno",
    ),
    "button_text": (
        *("Button text", "Button-Text|Button Text", "Libellé du bouton", "Texto del botón"),
        *("Knop tekst|Knoptekst", "Testo del pulsante"),
    ),
    "brands": ("Brands", "Marken", "Marques", "Marcas", "Merken", "Brand|Marchi"),
    "cost": ("Cost of goods", "", "", "", "", ""),
}
# Columns that are kept as they are: English, and the names that others give them.
_KEPT = {
    "Is featured?": (
        "Ist hervorgehoben?|Mis en avant ?|¿Está destacado?|Uitgelicht?|In primo piano?"
    ),
    "Tax class": "Steuerklasse|Classe de TVA|Clase de impuesto|Belastingklasse|Aliquota di imposta",
    "Low stock amount": (
        "Geringe Lagermenge|Montant de stock faible|Cantidad de bajo inventario|Lage voorraad"
    ),
    "Sold individually?": (
        "Nur einzeln verkaufen?|Vendre individuellement ?|¿Vendido individualmente?"
        "|Wordt individueel verkocht?|Venduto singolarmente?"
    ),
    "Allow customer reviews?": (
        "Kundenbewertungen erlauben?|Autoriser les avis clients ?"
        "|¿Permitir valoraciones de clientes?|Klantbeoordelingen toestaan?"
        "|Permetti le recensioni clienti?"
    ),
    "Purchase note": (
        "Hinweis zum Kauf|Note de commande|Nota de compra|Aankoopnotitie|Nota di acquisto"
    ),
    "Shipping class": (
        "Versandklasse|Classe d'expédition|Classe de livraison|Clase de envío|Verzendklasse"
        "|Classe di spedizione"
    ),
    "Download limit": (
        "Downloadlimit|Limite de téléchargement|Límite de descargas|Downloadlimiet"
        "|Limite di download"
    ),
    "Download expiry days": (
        "Ablauftage des Downloads|Jours d'expiration du téléchargement"
        "|Días de caducidad de la descarga|Dagen vervaltijd download|Scarica i giorni di scadenza"
    ),
    "Grouped products": (
        "Gruppierte Produkte|Groupes de produits|Productos agrupados|Gegroepeerde producten"
        "|Prodotti raggruppati"
    ),
    "Upsells": "Zusatzverkäufe|Produits suggérés|Ventas dirigidas|Up-sell",
    "Cross-sells": (
        "Cross-Sells (Querverkäufe)|Querverkäufe|Ventes croisées|Ventas cruzadas|Cross-sell"
    ),
    "Position": "Posición|Positie|Posizione",
}
LANGUAGES = ("English", "German", "French", "Spanish", "Dutch", "Italian")

# Every export has these; one in another language that seems to lack one names it in a way that
# is not known here, and what it says there would be lost without a word.
CORE = (
    *("type", "name", "published", "visibility", "short", "description", "in_stock", "stock"),
    *("backorders", "sale_price", "regular_price", "categories", "tags", "images", "parent"),
)

# What stands in an attribute's columns, with # for its number.
_ATTRIBUTES = {
    "name": (
        *("attribute # name", "attribut # name", "nom de l'attribut #", "nombre del atributo #"),
        *("naam eigenschap #", "eigenschap # naam", "attributo # nome"),
    ),
    "values": (
        *("attribute # value(s)", "attribut # wert(e)", "valeur(s) de l'attribut #"),
        *("valor(es) del atributo #", "waarde eigenschap #", "waarde(n) eigenschap #"),
        *("eigenschap # waarde(n)", "attributo # valuta(e)", "attributo # valore(i)"),
    ),
    "visible": (
        *("attribute # visible", "attribut # sichtbar", "attribut # visible"),
        *("atributo visible #", "zichtbare eigenschap #", "attributo # visibile"),
    ),
    "global": (
        *("attribute # global", "attribut # global", "atributo global #"),
        *("globale eigenschap #", "attributo # globale"),
    ),
    "default": (
        *("attribute # default", "attribut # standard", "attribut # par défaut"),
        *("atributo por defecto #", "valor por defecto del atributo #"),
        *("standaardeigenschap #", "attributo # predefinito"),
    ),
}

_WEIGHT = {"weight", "gewicht", "poids", "peso"}
GRAMS = {
    "g": "1",
    "kg": "1000",
    "lbs": "453.59237",
    "lb": "453.59237",
    "livres": "453.59237",
    "oz": "28.349523125",
    "onces": "28.349523125",
}
_MEASURES = re.compile(r"(.+?) ?\((\w+)\)")


def plain(header: str) -> str:
    """A header as it is compared: `En stock ?` with a no-break space is `en stock?`."""
    text = " ".join(header.replace("\ufeff", "").replace("\u200b", "").split()).casefold()
    return text.replace("\u2019", "'").replace(" ?", "?")


def _by_name() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for field, names in _NAMES.items():
        for language, several in zip(LANGUAGES, names, strict=True):
            found[language] |= {plain(name): field for name in several.split("|") if name}
    return found


_FIELDS = _by_name()
_ENGLISH = {plain(n): name for name, others in _KEPT.items() for n in (name, *others.split("|"))}
_PARTS = {name: part for part, names in _ATTRIBUTES.items() for name in names}
WRITTEN = {field: names[0] for field, names in _NAMES.items()}


def language_of(headers: list[str]) -> str:
    """The language whose names most of the headers have; English where none has more."""
    names = {plain(header) for header in headers}
    return max(LANGUAGES, key=lambda language: len(names & _FIELDS[language].keys()))


def field_of(header: str, language: str) -> str | None:
    """The field under a header, in that language or, as plugins write it, in English."""
    name = plain(header)
    return _FIELDS[language].get(name) or _FIELDS["English"].get(name)


def kept_name(header: str) -> str:
    """The name under which a column is kept that the shop has no use for."""
    return _ENGLISH.get(plain(header), " ".join(header.split()))


def names_of(field: str, language: str) -> str:
    """What a field is called in that language, for an error message."""
    return _NAMES[field][LANGUAGES.index(language)].replace("|", "' or '")


def attribute_of(header: str) -> tuple[int, str] | None:
    """The number and the part (name, values, visible, global, default) of an attribute's column."""
    name = plain(header)
    number = re.search(r"\d+", name)
    part = number and _PARTS.get(name.replace(number[0], "#", 1))
    return (int(number[0]), part) if part else None


def weight_unit(header: str) -> str | None:
    """The unit in the header of the weights: `kg` of `Weight (kg)`; None for other columns."""
    measure = _MEASURES.fullmatch(plain(header))
    return measure[2] if measure and measure[1] in _WEIGHT else None
