"""Who cares for emergencies in the region: emergency departments, SAMU, SMUR, and the services that receive.

FINESS numbers, public names, communes, places and yearly volumes are public facts. Sources: FINESS (2021-01-08 and
2026-05-12 extracts) and Statistique annuelle des établissements 2023 (DREES), tables URGENCES2, SMURSAMU, REA, MCOAVC,
PERINAT, PSY, FILTRE; read 2026-11-21; Licence Ouverte 2.0. Visits are rounded to the hundred. Services are deduced from
the declared beds and activities, vehicles from the declared fleet (a SMUR that declares none gets one light vehicle).
Telephone numbers are fictional: ARCEP keeps 01 99 00, 04 65 71, 05 36 49 and 06 39 98 for fiction (decision 2018-0881).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from maison_region.geography import COMMUNES, DEPARTMENTS, Point

# FINESS EG|EJ|public name|short name|INSEE|latitude|longitude|visits 2023|% under 18|% 80 and over|services
_EMERGENCY_SITES = """
090000175|090781774|Centre hospitalier intercommunal des vallées de l'Ariège|CHIVA|09264|43.0284|1.6160|39200|19|13|ua dc re ma bl
090000183|090781816|Centre hospitalier Ariège-Couserans|Saint-Lizier|09268|42.9990|1.1285|10800|13|21|ua dc si ma ps bl
110000056|110780137|Centre hospitalier de Narbonne|Narbonne|11262|43.1802|3.0017|47400|27|12|ua dc re si us un ma bl
110000023|110780061|Centre hospitalier de Carcassonne|Carcassonne|11069|43.2192|2.3999|37200|23|15|ua dc re si us un ma bl
110780483|110000155|Polyclinique Montréal|Montréal Carcassonne|11069|43.2208|2.3062|20400|15|13|ua bl
110780228|110000114|Hôpital privé du Grand Narbonne|Grand Narbonne|11262|43.1908|2.9237|19400|15|8|ua bl
110000049|110780087|Centre hospitalier de Castelnaudary|Castelnaudary|11076|43.3155|1.9610|12300|24|7|ua
120000039|120780044|Centre hospitalier de Rodez|Rodez|12202|44.3596|2.5549|29100|23|16|ua dc re si us un ma bl
120004569|120004528|Centre hospitalier de Millau|Millau|12145|44.0930|3.0519|16400|17|13|ua dc ma ps bl
120000054|120780069|Centre hospitalier de Villefranche-de-Rouergue|Villefranche-de-Rouergue|12300|44.3389|2.0326|12900|17|14|ua dc ma bl
120000070|120780085|Centre hospitalier de Decazeville|Decazeville|12089|44.5691|2.2519|10400|16|16|ua dc bl
120004668|120004619|Centre hospitalier de Saint-Affrique|Saint-Affrique|12208|43.9581|2.8745|9500|20|14|ua dc ma bl
300782117|300780038|Hôpital universitaire Carémeau|Carémeau|30189|43.8225|4.3189|116900|6|9|ua up dc re si us un ma ps bl
300000023|300780046|Centre hospitalier Alès-Cévennes|Alès|30007|44.1451|4.0955|47900|22|13|ua dc re si us ma ps bl
300000031|300780053|Centre hospitalier de Bagnols-sur-Cèze|Bagnols-sur-Cèze|30028|44.1531|4.6136|26900|23|12|ua dc si us ma bl
300788502|300017985|Polyclinique Grand Sud|Grand Sud Nîmes|30189|43.8166|4.3561|21400|23|7|ua ma bl
300780137|920028396|Nouvelle clinique Bonnefon|Bonnefon Alès|30007|44.1215|4.0870|7700|14|8|ua bl
310783048|310781406|Hôpital Purpan|Purpan|31555|43.6105|1.3980|88000|6|9|ua dc re si un ps bl
310016977|310781406|Hôpital des Enfants et hôpital Paule-de-Viguier|Hôpital des Enfants|31555|43.6062|1.4018|61600|0|0|up dc re si ma bl
310783055|310781406|Hôpital Rangueil|Rangueil|31555|43.5586|1.4538|45700|3|15|ua dc re si us bl
310780283|310000112|Clinique de l'Union|L'Union|31488|43.6497|1.5227|31700|9|12|ua dc re ma bl
310781505|310000492|Clinique d'Occitanie|Clinique d'Occitanie|31395|43.4718|1.3363|30400|17|15|ua dc re ma bl
310781000|310788880|Clinique des Cèdres|Les Cèdres|31150|43.6551|1.3225|26100|4|9|ua dc re si us un ps bl
310026927|310026794|Clinique La Croix du Sud|Croix du Sud|31445|43.5829|1.5084|25200|6|13|ua dc re si us ma bl
310000310|310780671|Centre hospitalier Comminges-Pyrénées|Saint-Gaudens|31483|43.1152|0.7063|19700|17|19|ua dc re ma bl
310781067|310788898|Hôpital Joseph-Ducuing|Joseph-Ducuing|31555|43.5965|1.4301|15200|2|3|ua ma bl
310780382|310000179|Clinique Ambroise-Paré|Ambroise-Paré|31555|43.5895|1.4140|11900|1|14|ua ma bl
320000086|320780117|Centre hospitalier d'Auch en Gascogne|Auch|32013|43.6305|0.5795|21400|16|21|ua dc re si un ma bl
320000102|320780133|Centre hospitalier de Condom|Condom|32107|43.9565|0.3794|10000|14|16|ua
340785161|340780477|Hôpital Lapeyronie|Lapeyronie|34172|43.6334|3.8500|118000|5|8|ua up dc re si ps bl
340000033|340780055|Centre hospitalier de Béziers|Béziers|34032|43.3397|3.2543|60900|30|13|ua dc re si us un ma bl
340022979|340000306|Polyclinique Saint-Roch|Saint-Roch Montpellier|34172|43.5830|3.8619|50200|37|3|ua dc ma bl
340024314|340000272|Clinique Saint-Jean Sud de France|Saint-Jean Sud de France|34270|43.5698|3.8367|35800|35|5|ua dc re bl
340000223|340011295|Hôpital Saint-Clair|Sète|34301|43.4071|3.6675|32300|18|14|ua dc re si us ma ps bl
340015502|340000512|Clinique du Millénaire|Millénaire|34172|43.6024|3.9146|27200|6|14|ua dc re si us un bl
340780725|340000330|Clinique Via Domitia|Via Domitia|34145|43.6650|4.1251|25300|21|7|ua bl
340015965|340000074|Polyclinique Saint-Privat|Saint-Privat|34037|43.3666|3.2548|24900|14|8|ua bl
340780667|340000280|Clinique du Parc|Parc Castelnau|34057|43.6346|3.8908|15600|7|15|ua dc re si us bl
340780717|340023225|Clinique Saint-Louis|Ganges|34111|43.9325|3.7028|12400|17|14|ua bl
340780642|340785856|Clinique Beau Soleil|Beau Soleil|34172|43.6103|3.8506|11900|6|14|ua bl
340780147|340000108|Polyclinique des Trois Vallées|Bédarieux|34028|43.6081|3.1503|11400|22|10|ua bl
340780154|340000116|Polyclinique Pasteur|Pézenas|34199|43.4564|3.4233|10600|18|9|ua bl
460000110|460780216|Centre hospitalier de Cahors|Cahors|46042|44.4447|1.4368|25700|20|12|ua dc re si un ma bl
460000045|460780083|Centre hospitalier de Figeac|Figeac|46102|44.6100|2.0348|16100|18|13|ua dc bl
460000052|460780091|Centre hospitalier Saint-Jacques de Saint-Céré|Saint-Céré|46251|44.8625|1.8890|12300|20|13|ua dc
460000102|460780208|Centre hospitalier de Gourdon|Gourdon|46127|44.7323|1.3734|9000|15|18|ua dc bl
480000017|480780097|Hôpital Lozère, site Vallée du Lot|Mende|48095|44.5286|3.4887|21300|22|11|ua dc re ma bl
650000417|650783160|Centre hospitalier de Tarbes-Lourdes, site de Tarbes|Tarbes|65440|43.2289|0.0560|50000|28|12|ua dc re si us ma bl
650000045|650780158|Centre hospitalier de Tarbes-Lourdes, site de Lourdes|Lourdes|65286|43.0999|-0.0453|21100|17|14|ua dc bl
650784218|650780174|Hôpitaux de Lannemezan|Lannemezan|65258|43.1190|0.4121|14300|18|14|ua dc bl
650000052|650780166|Centre hospitalier de Bagnères-de-Bigorre|Bagnères|65059|43.0668|0.1465|5000|15|9|ua
660000084|660780180|Centre hospitalier de Perpignan|Perpignan|66136|42.7234|2.8896|83300|8|8|ua up dc re si us un ma bl
660790387|660790379|Polyclinique Médipôle Saint-Roch|Médipôle Saint-Roch|66028|42.6928|2.9318|41300|20|8|ua dc bl
660780784|660000407|Clinique Saint-Pierre|Saint-Pierre Perpignan|66136|42.6965|2.8648|22800|9|16|ua dc re si us bl
660780628|660000282|Clinique du Vallespir|Céret|66049|42.4918|2.7539|11800|17|12|ua bl
660780776|660000399|Clinique Saint-Michel|Prades|66149|42.6173|2.4173|9600|14|17|ua bl
810000521|810000380|Centre hospitalier intercommunal de Castres-Mazamet, site de l'Autan|Castres-Mazamet|81065|43.5666|2.2636|39200|24|14|ua dc re si us un ma bl
810000505|810000331|Centre hospitalier d'Albi|Albi|81004|43.9260|2.1430|35800|28|12|ua dc re si us un ma bl
810101444|810000992|Polyclinique du Sidobre|Sidobre|81065|43.5971|2.2698|16900|9|19|ua bl
810000224|810000471|Clinique Claude-Bernard|Claude-Bernard Albi|81004|43.9308|2.1642|16200|7|24|ua dc re si us un bl
810000562|810000455|Centre hospitalier de Lavaur, site Guiraud|Lavaur|81140|43.7009|1.8183|14400|22|14|ua dc ma ps bl
820000032|820000016|Centre hospitalier de Montauban|Montauban|82121|44.0222|1.3528|31000|22|15|ua dc re si us un ma ps bl
820000057|820000131|Clinique du Pont de Chaume|Pont de Chaume|82121|44.0073|1.3802|12600|7|16|ua dc re si us bl
820000883|820004950|Centre hospitalier de Castelsarrasin-Moissac, site de Moissac|Moissac|82112|44.1050|1.0880|7700|18|21|ua dc bl
"""

# Legal entities whose name is not the name of their only site; FINESS EJ|name
_LEGAL_ENTITIES = """
300780038|CHU de Nîmes
310781406|CHU de Toulouse
340011295|Hôpitaux du bassin de Thau
340780477|CHU de Montpellier
480780097|Hôpital Lozère
650780158|Centre hospitalier de Lourdes
650783160|Centre hospitalier de Tarbes-Lourdes
810000380|Centre hospitalier intercommunal de Castres-Mazamet
810000455|Centre hospitalier de Lavaur
820004950|Centre hospitalier intercommunal de Castelsarrasin-Moissac
"""

# FINESS EG|EJ|name|INSEE|latitude|longitude|A: antenne|P: pédiatrique|outings 2023|light vehicles|ambulances|helicopters
_SMUR_BASES = """
090000175|090781774|CHIVA|09264|43.0284|1.6160|||1566|3|2|1
090000183|090781816|Saint-Lizier|09268|42.9990|1.1285|||386|1|1|0
110000023|110780061|Carcassonne|11069|43.2192|2.3999|||1809|3|2|1
110000056|110780137|Narbonne|11262|43.1802|3.0017|||2010|5|2|1
110007580|110780061|Castelnaudary|11076|43.3153|1.9614|A||363|1|0|0
110007598|110780061|Quillan|11304|42.8769|2.1857|A||390|1|0|0
120000039|120780044|Rodez|12202|44.3596|2.5549|||1952|3|2|1
120000054|120780069|Villefranche-de-Rouergue|12300|44.3389|2.0326|||264|1|0|0
120000070|120780085|Decazeville|12089|44.5691|2.2519|||338|1|0|0
120004569|120004528|Millau|12145|44.0930|3.0519|||335|1|0|0
120004668|120004619|Saint-Affrique|12208|43.9581|2.8745|||210|1|2|0
300000023|300780046|Alès|30007|44.1451|4.0955|||1542|2|0|0
300000031|300780053|Bagnols-sur-Cèze|30028|44.1531|4.6136|||791|1|0|0
300782117|300780038|Nîmes|30189|43.8225|4.3189|||6260|2|5|1
310000310|310780671|Saint-Gaudens|31483|43.1152|0.7063|||1039|1|1|0
310016977|310781406|Toulouse pédiatrique|31555|43.6062|1.4018||P|1507|1|1|0
310783048|310781406|Toulouse|31555|43.6105|1.3980|||12759|4|3|2
320000086|320780117|Auch|32013|43.6305|0.5795|||1241|3|0|0
320004922|320780117|Condom|32107|43.9570|0.3772|A||674|1|0|0
340000033|340780055|Béziers|34032|43.3397|3.2543|||2618|2|1|0
340000223|340011295|Sète|34301|43.4071|3.6675|||1007|1|0|0
340022763|340780477|Lunel|34145|43.6753|4.1319|A||1424|1|0|0
340022771|340780477|Ganges|34111|43.9324|3.7028|A||548|1|0|0
340027739|340780477|Clermont-l'Hérault|34079|43.6265|3.4371|A||1123|1|0|0
340780436|340011295|Agde|34003|43.2995|3.4829|A||1203|1|0|0
340785161|340780477|Montpellier|34172|43.6334|3.8500||P|8135|3|6|1
460000045|460780083|Figeac|46102|44.6100|2.0348|||314|2|0|0
460000052|460780091|Saint-Céré|46251|44.8625|1.8890|||756|2|1|0
460000102|460780208|Gourdon|46127|44.7323|1.3734|||319|1|0|0
460000110|460780216|Cahors|46042|44.4447|1.4368|||1042|3|2|0
480000017|480780097|Mende|48095|44.5286|3.4887|||1305|1|2|0
650000045|650783160|Lourdes|65286|43.0999|-0.0453|||405|2|0|0
650000417|650783160|Tarbes|65440|43.2289|0.0560|||2938|3|3|0
650005606|650783160|Bagnères-de-Bigorre|65059|43.0668|0.1465|A||145|1|0|0
650784218|650780174|Lannemezan|65258|43.1190|0.4121|||388|1|0|0
660000084|660780180|Perpignan|66136|42.7234|2.8896|||4850|8|2|2
660010117|660780180|Cerdagne|66136|42.6942|2.8896|A||403|1|0|0
810000505|810000331|Albi|81004|43.9260|2.1430|||1986|2|3|0
810000521|810000380|Castres-Mazamet|81065|43.5666|2.2636|||1450|3|4|0
810000562|810000455|Lavaur|81140|43.7009|1.8183|||790|0|1|0
820000032|820000016|Montauban|82121|44.0222|1.3528|||1433|2|1|0
820000883|820004950|Moissac|82112|44.1050|1.0880|||532|2|0|0
"""

# Département|FINESS EG|EJ|dossiers 2023|dossiers de régulation médicale 2023
_SAMU = """
09|090000175|090781774|60000|57018
11|110000023|110780061|114244|97387
12|120000039|120780044|73269|67773
30|300782117|300780038|218855|218855
31|310783048|310781406|337174|324894
32|320000086|320780117|64945|47821
34|340025279|340780477|299933|254524
46|460000110|460780216|60201|54306
48|480000017|480780097|44034|25520
65|650000417|650783160|79600|70714
66|660008947|660780180|175169|136762
81|810000505|810000331|97610|96765
82|820000032|820000016|138296|124821
"""

SERVICE_LABELS = {
    "urgences_adultes": "Urgences adultes",
    "urgences_pediatriques": "Urgences pédiatriques",
    "dechocage": "Déchocage",
    "reanimation": "Réanimation",
    "soins_intensifs": "Soins intensifs",
    "usic": "Soins intensifs cardiologiques",
    "unv": "Unité neurovasculaire",
    "maternite": "Maternité",
    "psychiatrie": "Psychiatrie",
    "bloc": "Bloc opératoire",
}
_SERVICE_LETTERS = dict(zip(("ua", "up", "dc", "re", "si", "us", "un", "ma", "ps", "bl"), SERVICE_LABELS, strict=True))

# Départements of the former Midi-Pyrénées have south-west numbers (05), the others south-east ones (04).
_SOUTH_WEST = frozenset({"09", "12", "31", "32", "46", "65", "81", "82"})


def fictional_phone(department: str, rank: int) -> str:
    """A landline of the fictional ranges, in E.164: `rank` from 0 to 9999 makes the last four digits."""
    return f"+33{'53649' if department in _SOUTH_WEST else '46571'}{rank:04d}"


def fictional_mobile(rank: int) -> str:
    return f"+3363998{rank:04d}"


@dataclass(frozen=True, slots=True)
class Service:
    """A unit that receives patients sent by a SAMU: one wall of the tableau des urgences."""

    site_finess: str
    type: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class EmergencySite:
    finess_eg: str
    finess_ej: str
    name: str
    short_name: str
    insee: str
    latitude: float
    longitude: float
    visits_per_year: int
    under_18_ratio: float
    over_80_ratio: float
    phone: str
    services: tuple[Service, ...]

    @property
    def department(self) -> str:
        return self.insee[:2]

    @property
    def commune(self) -> str:
        return COMMUNES[self.insee].name

    @property
    def point(self) -> Point:
        return Point(self.latitude, self.longitude)

    def service(self, type_: str) -> Service | None:
        return next((service for service in self.services if service.type == type_), None)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """`id` is the hub's resourceId, `type` a code of the HubSante.typeVecteur list."""

    id: str
    type: str
    name: str
    base: str
    carries: bool
    flies: bool = False


@dataclass(frozen=True, slots=True)
class SmurBase:
    finess_eg: str
    finess_ej: str
    name: str
    insee: str
    latitude: float
    longitude: float
    antenna: bool
    paediatric: bool
    outings_per_year: int
    vehicles: tuple[Vehicle, ...]

    @property
    def hub_id(self) -> str:
        """The organisation its vehicles name as theirs (`orgId`), so that their crew is told from the SAMU."""
        return f"fr.health.samu{self.department}.smur.{self.finess_eg}"

    @property
    def department(self) -> str:
        return self.insee[:2]

    @property
    def point(self) -> Point:
        return Point(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Samu:
    """`client_id` is its name on the hub; `cases_per_year` its dossiers de régulation médicale of 2023."""

    department: str
    finess_eg: str
    finess_ej: str
    files_per_year: int
    cases_per_year: int

    @property
    def client_id(self) -> str:
        return f"fr.health.samu{self.department}"

    @property
    def name(self) -> str:
        return f"SAMU {self.department}"

    @property
    def commune(self) -> str:
        """The platforms of Hérault and Pyrénées-Orientales stand outside any emergency department."""
        return {"34": "34320", "66": "66136"}.get(self.department) or EMERGENCY_SITES[self.finess_eg].insee

    @property
    def long_name(self) -> str:
        return f"SAMU {self.department} ({DEPARTMENTS[self.department].name})"

    @property
    def phone(self) -> str:
        return fictional_phone(self.department, 1500 + int(self.department))


def _rows(table: str) -> list[list[str]]:
    return [line.split("|") for line in table.strip().splitlines()]


def _emergency_sites() -> dict[str, EmergencySite]:
    sites = {}
    for rank, row in enumerate(_rows(_EMERGENCY_SITES)):
        eg, ej, name, short, insee, latitude, longitude, visits, under_18, over_80, letters = row
        services = tuple(
            Service(eg, type_, f"{SERVICE_LABELS[type_]} {short}", fictional_phone(insee[:2], 2000 + rank * 20 + index))
            for index, type_ in enumerate((_SERVICE_LETTERS[letter] for letter in letters.split()), start=1)
        )
        sites[eg] = EmergencySite(
            finess_eg=eg,
            finess_ej=ej,
            name=name,
            short_name=short,
            insee=insee,
            latitude=float(latitude),
            longitude=float(longitude),
            visits_per_year=int(visits),
            under_18_ratio=int(under_18) / 100,
            over_80_ratio=int(over_80) / 100,
            phone=fictional_phone(insee[:2], 2000 + rank * 20),
            services=services,
        )
    return sites


# Kinds of SMUR vehicles: code, French short name, does it carry the patient, does it fly
_FLEET = (("SMUR.VLM", "VLM", False, False), ("SMUR.AR", "AR", True, False), ("SMUR.HELISMUR", "Hélismur", True, True))


def _smur_bases() -> dict[str, SmurBase]:
    bases = {}
    for row in _rows(_SMUR_BASES):
        eg, ej, name, insee, latitude, longitude, antenna, paediatric, outings, *counts = row
        client = f"fr.health.samu{insee[:2]}"
        vehicles = tuple(
            Vehicle(
                id=f"{client}.resource.{eg}-{code.rpartition('.')[2]}{number}",
                type=code,
                name=f"{label} {number} {name}",
                base=eg,
                carries=carries,
                flies=flies,
            )
            for (code, label, carries, flies), count in zip(_FLEET, counts, strict=True)
            for number in range(1, int(count) + 1)
        )
        bases[eg] = SmurBase(
            finess_eg=eg,
            finess_ej=ej,
            name=f"SMUR {name}",
            insee=insee,
            latitude=float(latitude),
            longitude=float(longitude),
            antenna=bool(antenna),
            paediatric=bool(paediatric),
            outings_per_year=int(outings),
            vehicles=vehicles,
        )
    return bases


EMERGENCY_SITES: dict[str, EmergencySite] = _emergency_sites()
SMUR_BASES: dict[str, SmurBase] = _smur_bases()
SAMUS: dict[str, Samu] = {
    department: Samu(department, eg, ej, int(files), int(cases)) for department, eg, ej, files, cases in _rows(_SAMU)
}


@cache
def legal_entities() -> dict[str, str]:
    """FINESS EJ and name of every legal entity met here; a site alone in its entity lends it its name."""
    names = {site.finess_ej: site.name for site in EMERGENCY_SITES.values()}
    names.update((ej, name) for ej, name in _rows(_LEGAL_ENTITIES))
    return dict(sorted(names.items()))


def sites_of(department: str) -> list[EmergencySite]:
    return [site for site in EMERGENCY_SITES.values() if site.department == department]


def bases_of(department: str) -> list[SmurBase]:
    return [base for base in SMUR_BASES.values() if base.department == department]


RANGUEIL = EMERGENCY_SITES["310783055"]
PURPAN = EMERGENCY_SITES["310783048"]

# The operator of the house: a GRADeS that exists only here; no département is numbered 99.
OPERATOR_FINESS_EJ = "990009995"
OPERATOR_PHONE = fictional_phone("31", 1000)
