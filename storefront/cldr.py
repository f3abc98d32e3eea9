"""What countries and languages are called and how money is written in English: facts of the CLDR.

They are babel's (2.18), and a test holds them to it. Asked itself, babel reads all that is known
of English and keeps it, 4.5 MiB in every process of the shop, for these.
"""

_COUNTRIES = """
AC Ascension Island; AD Andorra; AE United Arab Emirates; AF Afghanistan; AG Antigua & Barbuda;
AI Anguilla; AL Albania; AM Armenia; AO Angola; AQ Antarctica; AR Argentina; AS American Samoa;
AT Austria; AU Australia; AW Aruba; AX Åland Islands; AZ Azerbaijan; BA Bosnia & Herzegovina;
BB Barbados; BD Bangladesh; BE Belgium; BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi;
BJ Benin; BL St. Barthélemy; BM Bermuda; BN Brunei; BO Bolivia; BQ Caribbean Netherlands;
BR Brazil; BS Bahamas; BT Bhutan; BV Bouvet Island; BW Botswana; BY Belarus; BZ Belize; CA Canada;
CC Cocos (Keeling) Islands; CD Congo - Kinshasa; CF Central African Republic;
CG Congo - Brazzaville; CH Switzerland; CI Côte d’Ivoire; CK Cook Islands; CL Chile; CM Cameroon;
CN China; CO Colombia; CR Costa Rica; CU Cuba; CV Cape Verde; CW Curaçao; CX Christmas Island;
CY Cyprus; CZ Czechia; DE Germany; DJ Djibouti; DK Denmark; DM Dominica; DO Dominican Republic;
DZ Algeria; EC Ecuador; EE Estonia; EG Egypt; EH Western Sahara; ER Eritrea; ES Spain;
ET Ethiopia; FI Finland; FJ Fiji; FK Falkland Islands; FM Micronesia; FO Faroe Islands; FR France;
GA Gabon; GB United Kingdom; GD Grenada; GE Georgia; GF French Guiana; GG Guernsey; GH Ghana;
GI Gibraltar; GL Greenland; GM Gambia; GN Guinea; GP Guadeloupe; GQ Equatorial Guinea; GR Greece;
GS South Georgia & South Sandwich Islands; GT Guatemala; GU Guam; GW Guinea-Bissau; GY Guyana;
HK Hong Kong SAR China; HM Heard & McDonald Islands; HN Honduras; HR Croatia; HT Haiti;
HU Hungary; ID Indonesia; IE Ireland; IL Israel; IM Isle of Man; IN India;
IO British Indian Ocean Territory; IQ Iraq; IR Iran; IS Iceland; IT Italy; JE Jersey; JM Jamaica;
JO Jordan; JP Japan; KE Kenya; KG Kyrgyzstan; KH Cambodia; KI Kiribati; KM Comoros;
KN St. Kitts & Nevis; KP North Korea; KR South Korea; KW Kuwait; KY Cayman Islands; KZ Kazakhstan;
LA Laos; LB Lebanon; LC St. Lucia; LI Liechtenstein; LK Sri Lanka; LR Liberia; LS Lesotho;
LT Lithuania; LU Luxembourg; LV Latvia; LY Libya; MA Morocco; MC Monaco; MD Moldova;
ME Montenegro; MF St. Martin; MG Madagascar; MH Marshall Islands; MK North Macedonia; ML Mali;
MM Myanmar (Burma); MN Mongolia; MO Macao SAR China; MP Northern Mariana Islands; MQ Martinique;
MR Mauritania; MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi; MX Mexico;
MY Malaysia; MZ Mozambique; NA Namibia; NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria;
NI Nicaragua; NL Netherlands; NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman;
PA Panama; PE Peru; PF French Polynesia; PG Papua New Guinea; PH Philippines; PK Pakistan;
PL Poland; PM St. Pierre & Miquelon; PN Pitcairn Islands; PR Puerto Rico;
PS Palestinian Territories; PT Portugal; PW Palau; PY Paraguay; QA Qatar; RE Réunion; RO Romania;
RS Serbia; RU Russia; RW Rwanda; SA Saudi Arabia; SB Solomon Islands; SC Seychelles; SD Sudan;
SE Sweden; SG Singapore; SH St. Helena; SI Slovenia; SJ Svalbard & Jan Mayen; SK Slovakia;
SL Sierra Leone; SM San Marino; SN Senegal; SO Somalia; SR Suriname; SS South Sudan;
ST São Tomé & Príncipe; SV El Salvador; SX Sint Maarten; SY Syria; SZ Eswatini;
TA Tristan da Cunha; TC Turks & Caicos Islands; TD Chad; TF French Southern Territories; TG Togo;
TH Thailand; TJ Tajikistan; TK Tokelau; TL Timor-Leste; TM Turkmenistan; TN Tunisia; TO Tonga;
TR Türkiye; TT Trinidad & Tobago; TV Tuvalu; TW Taiwan; TZ Tanzania; UA Ukraine; UG Uganda;
UM U.S. Outlying Islands; US United States; UY Uruguay; UZ Uzbekistan; VA Vatican City;
VC St. Vincent & Grenadines; VE Venezuela; VG British Virgin Islands; VI U.S. Virgin Islands;
VN Vietnam; VU Vanuatu; WF Wallis & Futuna; WS Samoa; XK Kosovo; YE Yemen; YT Mayotte;
ZA South Africa; ZM Zambia; ZW Zimbabwe
"""
# By ISO 3166-1 alpha-2 code: the countries and territories whose addresses are known.
COUNTRIES = dict(entry.strip().split(" ", 1) for entry in _COUNTRIES.split(";"))

_LANGUAGES = """
aa Afar; ab Abkhazian; af Afrikaans; agq Aghem; ak Akan; am Amharic; an Aragonese; ann Obolo; ar
Arabic; arn Mapuche; as Assamese; asa Asu; ast Asturian; az Azerbaijani; ba Bashkir; bal Baluchi;
bas Basaa; be Belarusian; bem Bemba; bew Betawi; bez Bena; bg Bulgarian; bgc Haryanvi; bgn Western
Balochi; bho Bhojpuri; blo Anii; blt Tai Dam; bm Bambara; bn Bangla; bo Tibetan; br Breton; brx
Bodo; bs Bosnian; bss Akoose; byn Blin; ca Catalan; cad Caddo; cch Atsam; ccp Chakma; ce Chechen;
ceb Cebuano; cgg Chiga; cho Choctaw; chr Cherokee; cic Chickasaw; ckb Central Kurdish; co Corsican;
cop Coptic; cs Czech; csw Swampy Cree; cu Church Slavic; cv Chuvash; cy Welsh; da Danish; dav Taita;
de German; dje Zarma; doi Dogri; dsb Lower Sorbian; dua Duala; dv Divehi; dyo Jola-Fonyi; dz
Dzongkha; ebu Embu; ee Ewe; el Greek; en English; eo Esperanto; es Spanish; et Estonian; eu Basque;
ewo Ewondo; fa Persian; ff Fula; fi Finnish; fil Filipino; fo Faroese; fr French; frr Northern
Frisian; fur Friulian; fy Western Frisian; ga Irish; gaa Ga; gd Scottish Gaelic; gez Geez; gl
Galician; gn Guarani; gsw Swiss German; gu Gujarati; guz Gusii; gv Manx; ha Hausa; haw Hawaiian; he
Hebrew; hi Hindi; hnj Hmong Njua; hr Croatian; hsb Upper Sorbian; ht Haitian Creole; hu Hungarian;
hy Armenian; ia Interlingua; id Indonesian; ie Interlingue; ig Igbo; ii Sichuan Yi; io Ido; is
Icelandic; it Italian; iu Inuktitut; ja Japanese; jbo Lojban; jgo Ngomba; jmc Machame; jv Javanese;
ka Georgian; kaa Kara-Kalpak; kab Kabyle; kaj Jju; kam Kamba; kcg Tyap; kde Makonde; kea
Kabuverdianu; ken Kenyang; kgp Kaingang; khq Koyra Chiini; ki Kikuyu; kk Kazakh; kkj Kako; kl
Kalaallisut; kln Kalenjin; km Khmer; kn Kannada; ko Korean; kok Konkani; kpe Kpelle; ks Kashmiri;
ksb Shambala; ksf Bafia; ksh Colognian; ku Kurdish; kw Cornish; kxv Kuvi; ky Kyrgyz; la Latin; lag
Langi; lb Luxembourgish; lg Ganda; lij Ligurian; lkt Lakota; lmo Lombard; ln Lingala; lo Lao; lrc
Northern Luri; lt Lithuanian; ltg Latgalian; lu Luba-Katanga; luo Luo; luy Luyia; lv Latvian; mai
Maithili; mas Masai; mdf Moksha; mer Meru; mfe Morisyen; mg Malagasy; mgh Makhuwa-Meetto; mgo Metaʼ;
mi Māori; mic Mi'kmaw; mk Macedonian; ml Malayalam; mn Mongolian; mni Manipuri; moh Mohawk; mr
Marathi; ms Malay; mt Maltese; mua Mundang; mus Muscogee; my Burmese; myv Erzya; mzn Mazanderani;
naq Nama; nb Norwegian Bokmål; nd North Ndebele; nds Low German; ne Nepali; nl Dutch; nmg Kwasio; nn
Norwegian Nynorsk; nnh Ngiemboon; no Norwegian; nqo N’Ko; nr South Ndebele; nso Northern Sotho; nus
Nuer; nv Navajo; ny Nyanja; nyn Nyankole; oc Occitan; om Oromo; or Odia; os Ossetic; osa Osage; pa
Punjabi; pap Papiamento; pcm Nigerian Pidgin; pis Pijin; pl Polish; prg Prussian; ps Pashto; pt
Portuguese; qu Quechua; quc Kʼicheʼ; raj Rajasthani; rhg Rohingya; rif Riffian; rm Romansh; rn
Rundi; ro Romanian; rof Rombo; ru Russian; rw Kinyarwanda; rwk Rwa; sa Sanskrit; sah Yakut; saq
Samburu; sat Santali; sbp Sangu; sc Sardinian; scn Sicilian; sd Sindhi; sdh Southern Kurdish; se
Northern Sami; seh Sena; ses Koyraboro Senni; sg Sango; shi Tachelhit; shn Shan; si Sinhala; sid
Sidamo; sk Slovak; sl Slovenian; sma Southern Sami; smj Lule Sami; smn Inari Sami; sms Skolt Sami;
sn Shona; so Somali; sq Albanian; sr Serbian; ss Swati; ssy Saho; st Southern Sotho; su Sundanese;
sv Swedish; sw Swahili; syr Syriac; szl Silesian; ta Tamil; te Telugu; teo Teso; tg Tajik; th Thai;
ti Tigrinya; tig Tigre; tk Turkmen; tn Tswana; to Tongan; tok Toki Pona; tpi Tok Pisin; tr Turkish;
trv Taroko; trw Torwali; ts Tsonga; tt Tatar; twq Tasawaq; tyv Tuvinian; tzm Central Atlas
Tamazight; ug Uyghur; uk Ukrainian; ur Urdu; uz Uzbek; vai Vai; ve Venda; vec Venetian; vi
Vietnamese; vmw Makhuwa; vo Volapük; vun Vunjo; wa Walloon; wae Walser; wal Wolaytta; wbp Warlpiri;
wo Wolof; xh Xhosa; xnr Kangri; xog Soga; yav Yangben; yi Yiddish; yo Yoruba; yrl Nheengatu; yue
Cantonese; za Zhuang; zgh Standard Moroccan Tamazight; zh Chinese; zu Zulu
"""
# By ISO 639 code: the languages for which there is a locale.
LANGUAGES = dict(" ".join(entry.split()).split(" ", 1) for entry in _LANGUAGES.split(";"))

# By ISO 4217 code. The others are written with their code.
SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "PHP": "₱",
    "TWD": "NT$",
    "USD": "$",
    "VND": "₫",
    "XAF": "FCFA",
    "XCD": "EC$",
    "XCG": "Cg.",
    "XOF": "F\N{NARROW NO-BREAK SPACE}CFA",
    "XPF": "CFPF",
    "XXX": "¤",
}

_WITHOUT_DECIMALS = """
ADP AFN ALL BIF BYR CLP DJF ESP GNF IQD IRR ISK ITL JPY KMF KPW KRW LAK LBP LUF MGA MGF MMK MRO
PYG RSD RWF SLL SOS STD SYP TMM TRL UGX UYI VND VUV XAF XOF XPF YER ZMK ZWD
"""
_WITH_THREE = "BHD JOD KWD LYD OMR TND"
_WITH_FOUR = "CLF UYW"
# How many decimals a currency's minor unit has, where that is not two.
DECIMALS = (
    dict.fromkeys(_WITHOUT_DECIMALS.split(), 0)
    | dict.fromkeys(_WITH_THREE.split(), 3)
    | dict.fromkeys(_WITH_FOUR.split(), 4)
)
