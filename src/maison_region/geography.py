"""The 13 départements of Occitanie and a selection of their communes: names, codes and places as public facts.

Source: Code officiel géographique 2026 (INSEE), La Poste postal codes, points of the town halls (annuaire de
l'administration), populations as in `@etalab/decoupage-administratif` 6.0.0; read 2026-11-21; Licence Ouverte 2.0.
The selection keeps, per département, the most populated communes, a few villages spread over the size range, and every
commune that has an emergency department or a SMUR. Latitudes and longitudes are WGS84, rounded to about 100 m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

REGION_CODE = "76"

_DEPARTMENTS = """
09|Ariège|09122|155722
11|Aude|11069|379648
12|Aveyron|12202|279609
30|Gard|30189|770940
31|Haute-Garonne|31555|1471468
32|Gers|32013|192645
34|Hérault|34172|1230289
46|Lot|46042|176473
48|Lozère|48095|76486
65|Hautes-Pyrénées|65440|231349
66|Pyrénées-Orientales|66136|496855
81|Tarn|81004|397352
82|Tarn-et-Garonne|82121|265817
"""

_COMMUNES = """
09103|Crampagna|09120|980|43.029|1.608
09120|Fabas|09230|354|43.108|1.106
09122|Foix|09000|9934|42.964|1.605
09130|Ganac|09000|759|42.947|1.562
09157|Laroque-d'Olmes|09600|2454|42.969|1.872
09160|Lavelanet|09300|5987|42.938|1.853
09167|Lézat-sur-Lèze|09210|2321|43.276|1.346
09185|Mazères|09270|3852|43.251|1.677
09194|Mirepoix|09500|3172|43.088|1.874
09224|Pailhès|09130|511|43.102|1.444
09225|Pamiers|09100|16473|43.114|1.608
09257|Sainte-Croix-Volvestre|09230|649|43.125|1.175
09261|Saint-Girons|09200|6008|42.986|1.144
09264|Saint-Jean-de-Verges|09000|1290|43.013|1.610
09265|Saint-Jean-du-Falga|09100|2851|43.087|1.628
09268|Saint-Lizier|09190|1391|43.003|1.136
09282|Saverdun|09700|4808|43.234|1.576
09283|Savignac-les-Ormeaux|09110|397|42.729|1.818
09306|Tarascon-sur-Ariège|09400|3085|42.849|1.605
09312|La Tour-du-Crieu|09100|3230|43.102|1.654
09321|Ussat|09400|307|42.831|1.620
09324|Varilhes|09120|3487|43.046|1.628
09332|Verniolle|09340|2397|43.081|1.649
11033|Belpech|11420|1343|43.198|1.751
11064|Camplong-d'Aude|11200|389|43.129|2.653
11069|Carcassonne|11000|46080|43.212|2.353
11076|Castelnaudary|11400|12151|43.317|1.953
11106|Coursan|11110|5737|43.235|3.057
11145|Fleury|11560|4246|43.229|3.135
11158|Gaja-et-Villedieu|11300|306|43.082|2.188
11170|Gruissan|11430|5032|43.106|3.086
11198|Laure-Minervois|11800|1061|43.270|2.520
11201|Leuc|11250|819|43.146|2.323
11202|Leucate|11370|4562|42.910|3.028
11203|Lézignan-Corbières|11200|10343|43.200|2.758
11206|Limoux|11300|10532|43.053|2.218
11254|Montréal|11290|2136|43.200|2.141
11262|Narbonne|11100|57587|43.184|3.004
11266|Port-la-Nouvelle|11210|5852|43.020|3.042
11304|Quillan|11500|2978|42.876|2.185
11325|Rouffiac-d'Aude|11250|514|43.112|2.292
11379|Sigean|11130|5657|43.029|2.980
11396|Trausse|11160|614|43.311|2.564
11397|Trèbes|11800|5361|43.209|2.443
11429|Villemoustaussou|11620|4401|43.252|2.364
12013|Aubin|12110|3444|44.528|2.246
12052|Capdenac-Gare|12700|4440|44.574|2.080
12083|Cransac-les-Thermes|12110|1482|44.525|2.282
12089|Decazeville|12300|5020|44.556|2.257
12094|Entraygues-sur-Truyère|12140|964|44.645|2.564
12096|Espalion|12500|4605|44.521|2.762
12102|Flavin|12450|2392|44.288|2.602
12133|Luc-la-Primaube|12450|6046|44.314|2.536
12145|Millau|12100|22044|44.101|3.078
12150|Monteils|12200|461|44.265|1.998
12174|Olemps|12510|3559|44.338|2.554
12176|Onet-le-Château|12000|12080|44.366|2.594
12202|Rodez|12000|23981|44.349|2.577
12208|Saint-Affrique|12400|7941|43.958|2.887
12213|Saint-Beauzély|12620|550|44.163|2.958
12247|Saint-Saturnin-de-Lenne|12560|328|44.422|3.019
12256|Salvagnac-Cajarc|12260|372|44.476|1.848
12264|Sébazac-Concourès|12740|3234|44.405|2.591
12270|Sévérac d'Aveyron|12150|4026|44.322|3.071
12299|Villefranche-de-Panat|12430|677|44.090|2.705
12300|Villefranche-de-Rouergue|12200|11271|44.349|2.036
30003|Aigues-Mortes|30220|8699|43.567|4.190
30007|Alès|30100|46125|44.125|4.078
30011|Les Angles|30133|8908|43.955|4.774
30028|Bagnols-sur-Cèze|30200|18112|44.162|4.620
30032|Beaucaire|30300|15692|43.807|4.644
30080|Chamborigaud|30530|884|44.304|3.975
30089|Comps|30300|1688|43.853|4.605
30129|Générargues|30140|727|44.081|3.982
30133|Le Grau-du-Roi|30240|8588|43.534|4.138
30140|Lasalle|30460|1202|44.045|3.854
30156|Marguerittes|30320|8346|43.860|4.444
30189|Nîmes|30000|151839|43.836|4.360
30202|Pont-Saint-Esprit|30130|10958|44.255|4.645
30232|Saint-André-d'Olérargues|30330|443|44.162|4.484
30258|Saint-Gilles|30800|14734|43.677|4.434
30268|Saint-Jean-de-Valériscle|30960|589|44.233|4.142
30293|Saint-Privat-de-Champclos|30430|324|44.285|4.357
30307|Les Salles-du-Gardon|30110|2395|44.204|4.033
30334|Uzès|30700|8519|44.013|4.420
30341|Vauvert|30600|11671|43.695|4.275
30351|Villeneuve-lès-Avignon|30400|13148|43.964|4.797
31033|Auterive|31190|10456|43.352|1.478
31044|Balma|31130|17772|43.606|1.500
31069|Blagnac|31700|27604|43.635|1.397
31080|Boulogne-sur-Gesse|31350|1673|43.291|0.646
31113|Castanet-Tolosan|31320|15317|43.520|1.496
31116|Castelginest|31780|11271|43.693|1.428
31149|Colomiers|31770|40882|43.613|1.333
31150|Cornebarrieu|31700|8978|43.649|1.326
31157|Cugnaux|31270|20662|43.537|1.344
31167|Encausse-les-Thermes|31160|641|43.051|0.744
31187|Fonsorbes|31470|12954|43.536|1.231
31203|Frouzins|31270|9805|43.515|1.322
31206|Gaillac-Toulza|31550|1342|43.255|1.471
31216|Gémil|31380|483|43.744|1.601
31256|Labruyère-Dorsa|31190|317|43.406|1.473
31261|Lafitte-Vigordane|31390|1142|43.296|1.209
31291|Léguevin|31490|9945|43.600|1.237
31395|Muret|31600|26079|43.462|1.331
31424|Plaisance-du-Touch|31830|21079|43.563|1.294
31445|Quint-Fonsegrives|31130|6133|43.585|1.530
31446|Ramonville-Saint-Agne|31520|15158|43.546|1.475
31451|Revel|31250|9762|43.458|2.006
31483|Saint-Gaudens|31800|12139|43.107|0.724
31484|Saint-Geniès-Bellevue|31180|2495|43.684|1.486
31488|Saint-Jean|31240|11261|43.664|1.504
31491|Saint-Julia|31540|418|43.490|1.898
31499|Saint-Lys|31470|9892|43.514|1.177
31506|Saint-Orens-de-Gameville|31650|14646|43.552|1.534
31547|Seysses|31600|10539|43.498|1.312
31555|Toulouse|31000|514819|43.604|1.443
31557|Tournefeuille|31170|30168|43.583|1.346
31561|L'Union|31240|12638|43.653|1.494
31565|Valentine|31800|869|43.095|0.704
31569|Vaudreuille|31250|392|43.425|1.981
31588|Villeneuve-Tolosane|31270|11044|43.526|1.344
32013|Auch|32000|22428|43.647|0.584
32036|Beaumarchés|32160|689|43.585|0.090
32107|Condom|32100|6473|43.959|0.372
32119|Eauze|32800|4108|43.861|0.102
32132|Fleurance|32500|6247|43.849|0.663
32147|Gimont|32200|3146|43.627|0.875
32160|L'Isle-Jourdain|32600|9537|43.613|1.082
32200|Lasséran|32550|358|43.592|0.537
32208|Lectoure|32700|3670|43.934|0.620
32213|Lombez|32220|2233|43.475|0.911
32231|Marambat|32190|419|43.776|0.314
32249|Mauvezin|32120|2274|43.730|0.877
32252|Miélan|32170|1129|43.430|0.308
32256|Mirande|32300|3457|43.514|0.402
32271|Monguilhem|32240|282|43.855|-0.180
32296|Nogaro|32110|2238|43.758|-0.034
32307|Pavie|32550|2566|43.610|0.592
32410|Samatan|32130|2517|43.493|0.931
32460|Vergoignan|32720|324|43.718|-0.198
32462|Vic-Fezensac|32190|3577|43.758|0.304
32463|Viella|32400|530|43.597|-0.143
34003|Agde|34300|29939|43.314|3.480
34017|Aumes|34530|498|43.466|3.463
34028|Bédarieux|34600|5804|43.616|3.161
34032|Béziers|34500|81545|43.343|3.213
34037|Boujan-sur-Libron|34760|3619|43.371|3.250
34057|Castelnau-le-Lez|34170|26058|43.633|3.898
34079|Clermont-l'Hérault|34800|9461|43.627|3.429
34090|Le Crès|34920|9226|43.645|3.936
34108|Frontignan|34110|24136|43.446|3.756
34111|Ganges|34190|3724|43.936|3.709
34116|Grabels|34790|9092|43.648|3.802
34119|Hérépian|34600|1594|43.594|3.115
34123|Juvignac|34990|14055|43.628|3.822
34129|Lattes|34970|17351|43.570|3.899
34130|Laurens|34480|1815|43.523|3.197
34144|Lunas-les-Châteaux|34650|832|43.709|3.196
34145|Lunel|34400|26623|43.679|4.132
34150|Marseillan|34340|8414|43.356|3.528
34154|Mauguio|34130|16522|43.617|4.010
34155|Maureilhan|34370|2495|43.358|3.121
34157|Mèze|34140|12669|43.425|3.607
34172|Montpellier|34000|310240|43.599|3.896
34198|Pérols|34470|9615|43.564|3.954
34199|Pézenas|34120|7797|43.460|3.421
34202|Pignan|34570|8431|43.582|3.762
34255|Saint-Gély-du-Fesc|34980|10472|43.691|3.804
34270|Saint-Jean-de-Védas|34430|13328|43.576|3.827
34280|Saint-Nazaire-de-Pézan|34400|625|43.644|4.120
34292|Salasc|34800|357|43.619|3.316
34293|La Salvetat-sur-Agout|34330|1108|43.602|2.703
34299|Sérignan|34410|8588|43.283|3.280
34301|Sète|34200|45337|43.402|3.696
34320|Vailhauquès|34570|2722|43.669|3.718
34337|Villeneuve-lès-Maguelone|34750|10872|43.533|3.862
34344|La Grande-Motte|34280|8440|43.560|4.086
46029|Biars-sur-Cère|46130|1957|44.925|1.844
46042|Cahors|46000|20050|44.447|1.441
46044|Caillac|46140|581|44.487|1.352
46063|Castelnau-Montratier|46170|1840|44.267|1.353
46101|Felzins|46270|464|44.604|2.135
46102|Figeac|46100|9793|44.610|2.035
46113|Frayssinet|46310|309|44.663|1.481
46127|Gourdon|46300|4206|44.737|1.382
46128|Gramat|46500|3512|44.779|1.724
46148|Lalbenque|46230|1899|44.338|1.546
46175|Lissac-et-Mouret|46100|973|44.626|1.987
46176|Livernon|46320|722|44.648|1.842
46182|Luzech|46140|1750|44.478|1.287
46184|Marminiac|46250|349|44.666|1.194
46201|Montcuq-en-Quercy-Blanc|46800|1816|44.338|1.210
46214|Parnac|46140|382|44.490|1.314
46224|Pradines|46090|3617|44.445|1.441
46225|Prayssac|46220|2519|44.504|1.188
46231|Puy-l'Évêque|46700|1860|44.504|1.137
46251|Saint-Céré|46400|3429|44.859|1.893
46309|Souillac|46200|3192|44.897|1.465
48002|Albaret-Sainte-Marie|48200|559|44.882|3.246
48009|Peyre en Aubrac|48130|2296|44.708|3.283
48012|Les Monts-Verts|48200|313|44.858|3.205
48017|Banassac-Canilhac|48500|1064|44.435|3.201
48027|Mont Lozère et Goulet|48170|1098|44.491|3.738
48034|La Canourgue|48500|2074|44.431|3.215
48039|Chanac|48230|1404|44.466|3.344
48050|Bédouès-Cocurès|48400|457|44.348|3.622
48061|Florac Trois Rivières|48400|2100|44.324|3.594
48080|Langogne|48300|2836|44.727|3.855
48092|Marvejols|48100|4764|44.550|3.290
48095|Mende|48000|12464|44.518|3.501
48099|Bourgs sur Colagne|48100|2091|44.513|3.253
48103|Montrodat|48100|1174|44.552|3.329
48126|Lachamp-Ribennes|48100|379|44.639|3.395
48127|Monts-de-Randon|48000|1209|44.632|3.479
48132|Saint-Alban-sur-Limagnole|48120|1385|44.782|3.386
48140|Saint-Chély-d'Apcher|48200|3955|44.803|3.276
48147|Saint-Étienne-du-Valdonnez|48000|644|44.455|3.561
48156|Saint-Germain-du-Teil|48340|858|44.480|3.171
48178|Saint-Privat-de-Vallongue|48240|274|44.278|3.836
65047|Aureilhan|65800|8031|43.243|0.096
65059|Bagnères-de-Bigorre|65200|7114|43.068|0.151
65062|Barbazan-Debat|65690|3478|43.196|0.119
65098|Boô-Silhen|65400|312|43.019|-0.072
65100|Bordères-sur-l'Échez|65320|5399|43.258|0.051
65150|Clarens|65300|513|43.163|0.415
65161|Escondeaux|65140|280|43.339|0.132
65183|Galan|65330|698|43.223|0.407
65226|Ibos|65420|2813|43.233|0.001
65235|Juillan|65290|3999|43.200|0.029
65258|Lannemezan|65300|5811|43.126|0.384
65265|Laslades|65350|357|43.198|0.174
65286|Lourdes|65100|13266|43.092|-0.045
65292|Luquet|65320|426|43.265|-0.120
65331|Odos|65310|3265|43.198|0.058
65344|Ossun|65380|2358|43.183|-0.028
65417|Séméac|65600|5236|43.229|0.105
65433|Soues|65430|2988|43.204|0.100
65440|Tarbes|65000|44399|43.233|0.078
65452|Trie-sur-Baïse|65220|1006|43.321|0.371
65460|Vic-en-Bigorre|65500|4845|43.386|0.054
66008|Argelès-sur-Mer|66700|10616|42.549|3.021
66021|Bompas|66430|7832|42.730|2.936
66025|Bourg-Madame|66760|1182|42.434|1.944
66028|Cabestany|66330|10465|42.679|2.937
66037|Canet-en-Roussillon|66140|13227|42.706|3.008
66049|Céret|66400|7521|42.486|2.749
66065|Elne|66200|9511|42.601|2.974
66066|Enveitg|66760|602|42.461|1.911
66126|Oms|66400|364|42.544|2.699
66136|Perpignan|66000|121616|42.700|2.895
66138|Peyrestortes|66600|1927|42.755|2.851
66141|Pia|66380|11615|42.744|2.920
66149|Prades|66500|6148|42.617|2.421
66164|Rivesaltes|66600|9270|42.767|2.869
66171|Saint-Cyprien|66750|12068|42.618|3.003
66172|Saint-Estève|66240|11630|42.708|2.846
66180|Saint-Laurent-de-la-Salanque|66250|9898|42.774|2.988
66195|Le Soler|66270|7942|42.684|2.795
66198|Sournia|66730|478|42.728|2.442
66205|Tautavel|66720|945|42.814|2.745
66210|Thuir|66300|8243|42.633|2.756
66217|Trouillas|66300|2324|42.610|2.808
66228|Villeneuve-la-Rivière|66610|1360|42.693|2.803
81004|Albi|81000|51290|43.927|2.147
81021|Aussillon|81200|5527|43.497|2.366
81034|Boissezon|81490|398|43.576|2.379
81046|Cadalen|81600|1547|43.850|1.981
81060|Carmaux|81400|9872|44.050|2.161
81065|Castres|81100|42505|43.604|2.241
81099|Gaillac|81600|16162|43.902|1.897
81105|Graulhet|81300|13129|43.766|1.989
81120|Labruguière|81290|6584|43.540|2.263
81124|Lacaune|81230|2464|43.706|2.692
81125|Lacaze|81330|318|43.737|2.520
81140|Lavaur|81500|10965|43.700|1.821
81145|Lisle-sur-Tarn|81310|4939|43.853|1.811
81163|Mazamet|81200|10085|43.490|2.376
81192|Murat-sur-Vèbre|81320|831|43.682|2.867
81220|Rabastens|81800|5867|43.823|1.725
81225|Rivières|81600|1061|43.914|1.964
81257|Saint-Juéry|81160|6564|43.949|2.211
81267|Saint-Pierre-de-Trivisy|81330|619|43.761|2.437
81271|Saint-Sulpice-la-Pointe|81370|9719|43.776|1.684
81288|Sorèze|81540|2965|43.453|2.066
81298|Teulat|81500|495|43.636|1.699
82005|Aucamville|82600|1562|43.803|1.215
82013|Beaumont-de-Lomagne|82500|3824|43.882|0.989
82025|Bressols|82710|4036|43.968|1.339
82033|Castelsarrasin|82100|14343|44.040|1.107
82037|Caussade|82300|6803|44.158|1.542
82049|Donzac|82340|1042|44.110|0.820
82075|Grisolles|82170|4214|43.827|1.296
82102|Mansonville|82120|310|44.016|0.841
82112|Moissac|82200|13419|44.105|1.085
82113|Molières|82220|1273|44.194|1.364
82121|Montauban|82000|62945|44.016|1.353
82124|Montbeton|82290|4400|44.010|1.289
82125|Montech|82700|6663|43.957|1.229
82134|Nègrepelisse|82800|5917|44.075|1.522
82140|Piquecos|82130|450|44.100|1.321
82141|Pommevic|82400|599|44.100|0.932
82161|Saint-Étienne-de-Tulmont|82410|4051|44.050|1.460
82169|Saint-Nicolas-de-la-Grave|82210|2281|44.064|1.024
82186|Valence|82400|5289|44.108|0.888
82189|Vazerac|82220|765|44.191|1.286
82190|Verdun-sur-Garonne|82600|4961|43.854|1.236
"""

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Point:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    name: str
    chief_town: str
    population: int


@dataclass(frozen=True, slots=True)
class Commune:
    insee: str
    name: str
    postal_code: str
    population: int
    latitude: float
    longitude: float

    @property
    def department(self) -> str:
        return self.insee[:2]

    @property
    def point(self) -> Point:
        return Point(self.latitude, self.longitude)


def _rows(table: str) -> list[list[str]]:
    return [line.split("|") for line in table.strip().splitlines()]


DEPARTMENTS: dict[str, Department] = {
    code: Department(code, name, chief_town, int(population))
    for code, name, chief_town, population in _rows(_DEPARTMENTS)
}

COMMUNES: dict[str, Commune] = {
    insee: Commune(insee, name, postal_code, int(population), float(latitude), float(longitude))
    for insee, name, postal_code, population, latitude, longitude in _rows(_COMMUNES)
}


def communes_of(department: str) -> list[Commune]:
    return [commune for commune in COMMUNES.values() if commune.department == department]


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance (haversine), in kilometres."""
    phi_one, phi_other = math.radians(one.latitude), math.radians(other.latitude)
    half_phi = (phi_other - phi_one) / 2
    half_lambda = math.radians(other.longitude - one.longitude) / 2
    chord = math.sin(half_phi) ** 2 + math.cos(phi_one) * math.cos(phi_other) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord))


def road_minutes(one: Point, other: Point) -> float:
    """Travel time of an emergency vehicle, in minutes.

    Roads are taken as 1.35 times the straight line. The first ten kilometres go at town speed (45 km/h), the rest at
    75 km/h; four minutes at least, since nobody leaves a car park faster.
    """
    road_km = 1.35 * distance_km(one, other)
    return max(4.0, min(road_km, 10) / 45 * 60 + max(0.0, road_km - 10) / 75 * 60)


def flight_minutes(one: Point, other: Point) -> float:
    """Travel time of a helicopter, in minutes: 220 km/h in straight line and six minutes to take off and land."""
    return 6 + distance_km(one, other) / 220 * 60
