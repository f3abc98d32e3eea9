"""Exports in the language of the merchant's site are read as English ones, or refused by name."""

import pytest

from storefront.exchange.catalogue import BadCatalogue
from storefront.exchange.sniff import sniff
from tests.exchange.reading import items_of, products_of

ENGLISH = (
    "ID|Type|SKU|Name|Published|Visibility in catalog|Short description|Description|In stock?|Stock"
    "|Backorders allowed?|Weight (kg)|Sale price|Regular price|Categories|Tags|Images|Parent"
    "|External URL|Attribute 1 name|Attribute 1 value(s)|Grouped products"
)
GERMAN = (
    "ID|Typ|Artikelnummer|Name|Veröffentlicht|Sichtbarkeit im Katalog|Kurzbeschreibung|Beschreibung"
    "|Vorrätig?|Lager|Lieferrückstände erlaubt?|Gewicht (kg)|Angebotspreis|Regulärer Preis"
    "|Kategorien|Schlagwörter|Bilder|Übergeordnetes Produkt|Externe URL|Attribut 1 Name"
    "|Attribut 1 Wert(e)|Gruppierte Produkte"
)
FRENCH = (
    "ID|Type|UGS|Nom|Publié|Visibilité dans le catalogue|Description courte|Description"
    "|En stock\u00a0?|Stock|Autoriser les commandes de produits en rupture\u202f?|Poids\u00a0(kg)"
    "|Tarif promo|Tarif régulier|Catégories|Étiquettes|Images|Parent|URL externe"
    "|Nom de l’attribut 1|Valeur(s) de l’attribut 1 |Groupes de produits"
)
SPANISH = (
    "ID|Tipo|SKU|Nombre|Publicado|Visibilidad en el catálogo|Descripción corta|Descripción"
    "|¿Existencias?|Inventario|¿Permitir reservas de productos agotados?|Peso (kg)|Precio rebajado"
    "|Precio normal|Categorías|Etiquetas|Imágenes|Superior|URL externa|Nombre del atributo 1"
    "|Valor(es) del atributo 1|Productos agrupados"
)
DUTCH = (
    "ID|Type|Artikelnummer|Naam|Gepubliceerd|Zichtbaarheid in catalogus|Korte omschrijving"
    "|Beschrijving|Op voorraad?|Voorraad|Nabestellingen toestaan?|Gewicht (kg)|Actieprijs"
    "|Reguliere prijs|Categorieën|Tags|Afbeeldingen|Hoofd|Externe URL|Naam eigenschap 1"
    "|Waarde eigenschap 1|Gegroepeerde producten"
)
ITALIAN = (
    "ID|Tipo|COD|Nome|Pubblicato|Visibilità nel catalogo|Breve descrizione|Descrizione|In stock?"
    "|Magazzino|Abilita gli ordini arretrati?|Peso (kg)|Prezzo in offerta|Prezzo di listino"
    "|Categorie|Etichette|Immagine|Genitore|URL esterna|Attributo 1 nome|Attributo 1 valuta(e)"
    "|Prodotti raggruppati"
)
ROWS = (
    '1,variable,shirt,Shirt,1,hidden,Short,Long,1,,0,,,,A > B,"x, y",1.jpg,,,Size,"S, M","a, b"\n'
    '2,variation,s,,1,visible,,,1,4,1,"0,25","12,50","15,00",,,,shirt,,Size,S,\n'
)
LANGUAGES = [ENGLISH, GERMAN, FRENCH, SPANISH, DUTCH, ITALIAN]


def headed(header: str) -> str:
    return ",".join(f'"{name}"' for name in header.split("|")) + "\n"


@pytest.mark.parametrize("header", LANGUAGES, ids="en de fr es nl it".split())
def test_each_language_says_the_same(tmp_path, header):
    (english,) = products_of(tmp_path, headed(ENGLISH) + ROWS)
    (shirt,) = products_of(tmp_path, "\ufeff" + headed(header.upper()) + ROWS)
    assert shirt == english
    assert (shirt.status, shirt.extra["Grouped products"]) == ("unlisted", "a, b")
    (variant,) = shirt.variants
    assert (variant.choice, variant.price_minor, variant.grams) == (("S",), 1250, 250)
    assert sniff(tmp_path / "catalogue.csv") == "woocommerce"


@pytest.mark.parametrize(
    ("header", "lost", "words"),
    [
        (GERMAN, "Lager", "the header lacks 'Lager' or 'Lagerbestand' or 'Bestand', which exports"),
        (FRENCH, "Parent", "the header lacks 'Parent', which exports in French have; switch"),
        (SPANISH, "Precio normal", "the header lacks 'Precio normal', which exports in Spanish"),
    ],
)
def test_a_name_that_is_not_known_in_its_language_is_refused(tmp_path, header, lost, words):
    text = headed(header.replace(f"|{lost}|", "|Anders genannt|")) + ROWS
    with pytest.raises(BadCatalogue) as refusal:
        items_of(tmp_path, text)
    assert str(refusal.value).startswith(f"line 1: {words}")


def test_a_language_that_is_not_known_at_all_is_named_as_such(tmp_path):
    path = tmp_path / "catalogue.csv"
    path.write_text(
        "Identyfikator,Rodzaj,Nazwa,Waga (kg),Długość (cm),Szerokość (cm),Wysokość (cm)\n"
    )
    with pytest.raises(BadCatalogue, match="in a language that is not known here; switch"):
        sniff(path)
