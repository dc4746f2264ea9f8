"""A day of the region: calls, dossiers de régulation, decisions, vehicles and arrivals, as hub messages in time order.

Nothing here touches the network or the clock: the same seed and start give the same messages, byte for byte.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from maison_region import calibration as cal
from maison_region.chance import Dice, dice, pick
from maison_region.facilities import (
    EMERGENCY_SITES,
    SAMUS,
    SMUR_BASES,
    EmergencySite,
    Samu,
    SmurBase,
    Vehicle,
    fictional_mobile,
)
from maison_region.geography import DEPARTMENTS, Commune, Point, communes_of, distance_km, flight_minutes, road_minutes
from maison_region.messages import (
    PARIS,
    CaseNumbers,
    Json,
    Resource,
    caller_of,
    case_status,
    create_case,
    decision,
    medical_note,
    patient_object,
)
from maison_region.patients import Patient, patient_living_in
from maison_region.people import professionals
from maison_region.reasons import OWN_MEANS, PHONE, REASONS, SMUR, TRANSPORT, Reason
from maison_region.script import CaseScript, Sending, with_imperfections

CHILD_UNDER_YEARS = 16
FLIGHT_FROM_MINUTES = 35  # a helicopter is preferred when the road is longer, by day
SERVICE_WITHIN_MINUTES = 80  # beyond, the SMUR goes to the nearest déchocage


def minutes(value: float) -> timedelta:
    return timedelta(seconds=round(value * 60))


@cache
def regulators(department: str) -> tuple[str, ...]:
    """Those who sign the decisions of this SAMU."""
    place = f"samu/{department}"
    return tuple(
        person.full_name
        for person in professionals()
        if any(role.role == "regulateur" and role.place == place for act in person.activities for role in act.roles)
    )


@cache
def commune_weights(department: str) -> tuple[tuple[Commune, ...], tuple[float, ...]]:
    """Where calls come from: towns by their population, the villages of the table for all the villages."""
    communes = tuple(communes_of(department))
    villages = [commune for commune in communes if commune.population <= 2500]
    towns_population = sum(commune.population for commune in communes if commune.population > 2500)
    each_village = (DEPARTMENTS[department].population - towns_population) / max(len(villages), 1)
    return communes, tuple(commune.population if commune.population > 2500 else each_village for commune in communes)


@cache
def sites_with(service: str) -> tuple[EmergencySite, ...]:
    return tuple(site for site in EMERGENCY_SITES.values() if site.service(service))


def nearest_with(service: str, where: Point) -> tuple[EmergencySite, float]:
    site = min(sites_with(service), key=lambda one: distance_km(where, one.point))
    return site, road_minutes(where, site.point)


def emergency_department_for(generator: Dice, where: Point, age: int) -> tuple[EmergencySite, str]:
    """The department a patient is sent to: nearness first, then the size of the house (gravity on public visits)."""
    service = "urgences_adultes"
    if age < CHILD_UNDER_YEARS and nearest_with("urgences_pediatriques", where)[1] <= 50:
        service = "urgences_pediatriques"
    reach = {site: road_minutes(where, site.point) for site in sites_with(service)}
    limit = 1.6 * min(reach.values()) + 8
    return pick(
        generator, {site: site.visits_per_year / (away + 8) ** 2.5 for site, away in reach.items() if away <= limit}
    ), service


def receiving_service_for(generator: Dice, reason: Reason, where: Point, age: int) -> tuple[EmergencySite, str]:
    """Where a SMUR takes the patient: the first service of the reason that is near enough, else a déchocage."""
    if age < CHILD_UNDER_YEARS:
        return emergency_department_for(generator, where, age)
    for service in (*reason.services, "dechocage"):
        site, away = nearest_with(service, where)
        if away <= SERVICE_WITHIN_MINUTES:
            return site, service
    return nearest_with("urgences_adultes", where)[0], "urgences_adultes"


@cache
def _smur_vehicles() -> frozenset[str]:
    return frozenset(vehicle.id for base in SMUR_BASES.values() for vehicle in base.vehicles)


@dataclass(slots=True)
class Fleet:
    """Who is free: a SMUR vehicle is engaged until it is back at its base."""

    busy_until: dict[str, datetime] = field(default_factory=dict)

    def take(
        self, generator: Dice, department: str, where: Point, at: datetime, *, child: bool
    ) -> tuple[SmurBase, Vehicle]:
        """The nearest free vehicle, of the département first; the road first, the sky when the road is long, by day."""
        day_light = 8 <= at.astimezone(PARIS).hour < 20
        reach: list[tuple[float, str, SmurBase, Vehicle]] = []
        for base in SMUR_BASES.values():
            away = road_minutes(base.point, where) + (0 if base.department == department else 6)
            if base.paediatric and not child and base.name.endswith("pédiatrique"):
                continue
            for vehicle in base.vehicles:
                if self.busy_until.get(vehicle.id, at) > at:
                    continue
                if vehicle.flies:
                    if not day_light or away < FLIGHT_FROM_MINUTES:
                        continue
                    reach.append((flight_minutes(base.point, where) + 5, vehicle.id, base, vehicle))
                else:
                    reach.append((away + generator.uniform(0, 2), vehicle.id, base, vehicle))
        if not reach:  # every vehicle of the region is out: the first to come back
            vehicle_id = min(self.busy_until, key=lambda one: (self.busy_until[one], one))
            base = next(one for one in SMUR_BASES.values() if any(item.id == vehicle_id for item in one.vehicles))
            return base, next(item for item in base.vehicles if item.id == vehicle_id)
        _, _, base, vehicle = min(reach, key=lambda one: (one[0], one[1]))
        return base, vehicle

    def release(self, vehicle_id: str, at: datetime) -> None:
        """Ambulances and rescuers are never short here: only the SMUR are counted."""
        if vehicle_id in _smur_vehicles():
            self.busy_until[vehicle_id] = at


@dataclass(slots=True)
class Call:
    samu: Samu
    opened_at: datetime
    rank: int


def calls_between(start: datetime, end: datetime, seed: int, share: float, departments: Iterable[str]) -> list[Call]:
    """When the telephones ring: in each département, a Poisson process whose rate follows the hour and the day.

    The rank of a case is its second of the day, so that two runs over different moments never share a case number.
    """
    calls: list[Call] = []
    for department in departments:
        generator = dice(seed, "calls", department, start.isoformat())
        taken: set[tuple[date, int]] = set()
        moment = start
        while moment < end:
            local = moment.astimezone(PARIS)
            rate = cal.cases_per_hour(department, local.date(), local.hour) * share
            next_hour = (
                moment
                + timedelta(hours=1)
                - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            )
            gap = timedelta(hours=generator.expovariate(rate)) if rate > 0 else timedelta(days=1)
            if moment + gap >= next_hour:
                moment = next_hour
                continue
            moment += gap
            if moment >= end:
                break
            opened = moment.astimezone(PARIS).replace(microsecond=0)
            rank = opened.hour * 3600 + opened.minute * 60 + opened.second
            while (opened.date(), rank) in taken:
                rank += 1
            taken.add((opened.date(), rank))
            calls.append(Call(SAMUS[department], opened, rank))
    return sorted(calls, key=lambda call: (call.opened_at, call.samu.department))


def _reason_for(generator: Dice, level: int) -> Reason:
    return generator.choices(REASONS, weights=[reason.weights[level] for reason in REASONS])[0]


def _age_for(generator: Dice, reason: Reason) -> float:
    low, high, _ = generator.choices(reason.ages, weights=[weight for _, _, weight in reason.ages])[0]
    return generator.uniform(low, high)


_PRIORITIES = {
    PHONE: ("P2", "P3"),
    OWN_MEANS: ("P2", "P2", "P1"),
    TRANSPORT: ("P1", "P2", "P1"),
    SMUR: ("P0", "P0", "P1"),
}
_CARE_LEVELS = {PHONE: "R4", OWN_MEANS: "R3", TRANSPORT: "R2", SMUR: "R1"}


class CasePlay:
    """Plays one call to its end and writes its messages."""

    def __init__(self, call: Call, fleet: Fleet, seed: int) -> None:
        self.generator = generator = dice(seed, call.samu.client_id, call.opened_at.isoformat(), call.rank)
        self.fleet = fleet
        self.samu = call.samu
        self.opened_at = call.opened_at
        self.numbers = CaseNumbers(call.samu, call.opened_at, call.rank)
        self.script = CaseScript(self.numbers, generator)
        department = call.samu.department
        if generator.random() < cal.smur_ratio(department):
            self.decided, self.level = "smur", SMUR
        else:
            self.decided = pick(generator, cal.DECISIONS)
            self.level = {"own_means": OWN_MEANS, "ambulance": TRANSPORT, "rescue": TRANSPORT}.get(self.decided, PHONE)
        self.reason = _reason_for(generator, self.level)
        communes, weights = commune_weights(department)
        commune = generator.choices(communes, weights=weights)[0]
        day = call.opened_at.date()
        self.patient: Patient = patient_living_in(
            generator, commune, age_years=_age_for(generator, self.reason), day=day, sex=self.reason.sex
        )
        self.age = self.patient.age_on(day)
        self.place = generator.choice(self.reason.places)
        if self.place == "maison" and self.age >= 84 and generator.random() < 0.25:
            self.place = "medicosocial"
        self.where = self.patient.home
        self.doctor = generator.choice(regulators(department))
        self.notes = 0

    def play(self) -> list[Sending]:
        {
            "advice": self._advise,
            "prescription": self._advise,
            "visit": self._advise,
            "own_means": self._send_by_own_means,
            "ambulance": self._send_vehicles,
            "rescue": self._send_vehicles,
            "smur": self._send_vehicles,
        }[self.decided]()
        return self.script.sendings

    def _note(self, text: str, at: datetime) -> Json:
        self.notes += 1
        return medical_note(self.numbers, self.notes, text, at, self.doctor)

    def _caller(self) -> Json:
        generator = self.generator
        if self.place == "medicosocial":
            return caller_of(f"Infirmière de {self.patient.commune.name}", self.patient.phone, "SANTE.INF")
        if self.age < 15 or self.level == SMUR or generator.random() < 0.55:
            first = generator.choice(("Dominique", "Claude", "Camille", "Sacha", "Morgan"))
            kind = "TIERS" if self.place in {"voie", "rapide", "public", "commerce"} else "FAMILLE"
            name = f"{first} {self.patient.family_name}" if kind == "FAMILLE" else f"{first} Passant"
            return caller_of(
                name,
                fictional_mobile(generator.randrange(10_000)),
                kind,
                communication=generator.choice(("AUCUNE", "AUCUNE", "PANIQUE")),
            )
        return caller_of(self.patient.full_name, self.patient.phone, "SUJET")

    def _open(self, at: datetime, decisions: list[Json]) -> None:
        """RS-EDA, once the regulator has decided something."""
        generator = self.generator
        generalist = self.level in {PHONE, OWN_MEANS} and generator.random() < 0.6
        day = self.opened_at.date()
        self.script.create(
            at,
            create_case(
                self.numbers,
                reason=self.reason,
                place=self.place,
                patient=self.patient,
                where=self.where,
                caller=self._caller(),
                origin=self._origin(generalist),
                priority=generator.choice(_PRIORITIES[self.level]),
                attribution="DRM.MRL.MG" if generalist else "DRM.MRU.MU",
                people=[
                    patient_object(
                        self.numbers,
                        self.patient,
                        day,
                        care_level=_CARE_LEVELS[self.level],
                        diagnosis=self.reason.diagnosis,
                        known=generator.random() < 0.85,
                    )
                ],
                notes=[self._note(generator.choice(self.reason.sentences), at)],
                decisions=decisions,
                perimeter="PSY" if self.reason.name == "psychiatrie" else "AMU",
                care_level=_CARE_LEVELS[self.level],
                details=generator.choice(("", "", "Portail vert, sonner au voisin.", "Deuxième étage sans ascenseur.", "Au bout du chemin, chien gentil.")),
            ),
        )  # fmt: skip

    def _origin(self, generalist: bool) -> str:
        if generalist and self.generator.random() < 0.5:
            return "116117"
        if self.decided == "rescue" and self.generator.random() < 0.5:
            return "CTA-CONF"
        if self.reason.name in {"relevage", "chute"} and self.generator.random() < 0.3:
            return "TELASSIST"
        return pick(self.generator, {"15": 0.8, "112": 0.15, "FDO": 0.03, "AUTREC15": 0.02})

    def _end(self, at: datetime) -> None:
        """ACHEVE when every decision is done, VALIDE when the file is complete (DOMAIN §5.1)."""
        self.script.update(at, qualification=case_status("ACHEVE"))
        if self.generator.random() < 0.8:
            self.script.update(at + minutes(self.generator.uniform(2, 25)), qualification=case_status("VALIDE"))

    def _advise(self) -> None:
        generator = self.generator
        at = self.opened_at + minutes(generator.uniform(2, 9))
        kind, resource = {"advice": ("CONSEIL", ""), "prescription": ("PMT", ""), "visit": ("INTER", "LIBERAL.MG")}[
            self.decided
        ]
        self._open(at, [decision(self.numbers, kind, at, self.doctor, resource=resource)])
        self._end(at + minutes(generator.uniform(1, 6)))

    def _send_by_own_means(self) -> None:
        generator = self.generator
        at = self.opened_at + minutes(generator.uniform(3, 10))
        to = emergency_department_for(generator, self.where, self.age)
        self._open(at, [decision(self.numbers, "ORIENT", at, self.doctor, to=to, medical=False)])
        self._end(at + minutes(generator.uniform(1, 5)))

    def _engaged(self, at: datetime) -> list[tuple[Resource, float, Point]]:
        """Vehicles sent: what, minutes to arrive, where they come from; the one that carries the patient comes last."""
        generator = self.generator
        department, commune = self.samu.department, self.patient.commune
        firefighters = Resource(
            id=f"fr.fire.sis0{department}.cta-{department}.resource.VSAV-{commune.insee}-{generator.randrange(1, 4)}",
            type="SIS.VSAV",
            name=f"VSAV {commune.name}",
            organisation=f"fr.fire.sis0{department}",
            level="SECOURS",
            city=commune.insee,
        )
        if self.decided == "rescue":
            return [(firefighters, generator.triangular(6, 22, 11), self.where)]
        if self.decided == "ambulance":
            number = generator.randrange(1, 6)
            private = Resource(
                id=f"{self.samu.client_id}.tsu.resource.AMB-{commune.insee}-{number}",
                type="TSU.AMB-GV",
                name=f"Ambulance {number} {commune.name}",
                organisation=self.samu.client_id,
                level="PARAMED",
                city=commune.insee,
            )
            return [(private, generator.triangular(10, 45, 20), self.where)]
        base, vehicle = self.fleet.take(generator, department, self.where, at, child=self.age < CHILD_UNDER_YEARS)
        smur = Resource(
            id=vehicle.id,
            type=vehicle.type,
            name=vehicle.name,
            organisation=base.hub_id,
            level="MED",
            city=base.insee,
        )
        travel = flight_minutes(base.point, self.where) if vehicle.flies else road_minutes(base.point, self.where)
        if vehicle.carries:
            return [(smur, travel, base.point)]
        return [(smur, travel, base.point), (firefighters, generator.triangular(6, 22, 11), self.where)]

    def _send_vehicles(self) -> None:
        generator, numbers, script = self.generator, self.numbers, self.script
        smur = self.decided == "smur"
        at = self.opened_at + minutes(generator.uniform(1, 4) if smur else generator.uniform(3, 9))
        engaged = self._engaged(at)
        carrier = engaged[-1][0]
        asked = "SMUR" if smur else "SIS" if self.decided == "rescue" else "TSU"
        self._open(at, [decision(numbers, "INTER", at, self.doctor, resource=asked)])
        started = at + minutes(generator.uniform(0.5, 2))
        script.engage(started, [(resource, [("DECISION", at), ("DECLENCHE", started)]) for resource, _, _ in engaged])
        leave = {resource.id: started + minutes(generator.uniform(1, 4)) for resource, _, _ in engaged}
        arrive = {resource.id: leave[resource.id] + minutes(travel) for resource, travel, _ in engaged}
        for resource, _, _ in engaged:
            script.status(leave[resource.id], resource, "DEPART")
        if generator.random() < cal.CANCELLED_MISSION_RATIO:
            self._call_back(engaged, leave, arrive)
            return
        for resource, _, _ in engaged:
            script.status(arrive[resource.id], resource, "ARRIVEE")
            script.status(arrive[resource.id] + minutes(generator.uniform(1, 3)), resource, "PEC")
        on_scene = max(arrive.values())
        assessed = on_scene + minutes(generator.uniform(12, 30) if smur else generator.uniform(8, 18))
        script.status(assessed, engaged[0][0], "BILAN")
        decided = assessed + minutes(generator.uniform(1, 5))
        if generator.random() < cal.LEFT_ON_SCENE_RATIO:
            self._leave_on_scene(engaged, decided)
            return
        to = (
            receiving_service_for(generator, self.reason, self.where, self.age)
            if smur
            else emergency_department_for(generator, self.where, self.age)
        )
        script.update(
            decided,
            medicalNote=[self._note(self._assessment(smur), assessed)],
            decision=[decision(numbers, "ORIENT", decided, self.doctor, to=to, medical=smur, resource=asked)],
        )
        script.status(decided + minutes(0.5), carrier, "ORIENTAT")
        if generator.random() < cal.CANCELLED_ARRIVAL_RATIO:
            self._refuse_transport(engaged, decided + minutes(generator.uniform(2, 10)))
            return
        self._carry(engaged, carrier, to, decided + minutes(generator.uniform(3, 14)), medical=smur, asked=asked)

    def _assessment(self, smur: bool) -> str:
        pulse, pressure, oxygen = (
            self.generator.randrange(58, 128),
            self.generator.randrange(88, 178),
            self.generator.randrange(88, 100),
        )
        team = "Bilan SMUR" if smur else "Bilan secouriste"
        return f"{team} : FC {pulse}/min, PAS {pressure} mmHg, SpO2 {oxygen} %, conscient, {self.reason.diagnosis[1].lower()}."

    def _call_back(
        self, engaged: list[tuple[Resource, float, Point]], leave: dict[str, datetime], arrive: dict[str, datetime]
    ) -> None:
        """The caller rang again: the vehicles turn round before they arrive."""
        last = max(leave.values())
        back = last + (min(arrive.values()) - last) * 0.5 if min(arrive.values()) > last else last + minutes(0.5)
        for resource, _, _ in engaged:
            self.script.status(back, resource, "ANNULE")
            self.fleet.release(resource.id, back + minutes(10))
        self.script.update(
            back + minutes(1),
            medicalNote=[self._note("Rappel de l'appelant : va mieux, moyens annulés.", back)],
            decision=[decision(self.numbers, "CONSEIL", back, self.doctor)],
        )
        self._end(back + minutes(4))

    def _leave_on_scene(self, engaged: list[tuple[Resource, float, Point]], at: datetime) -> None:
        self.script.update(
            at,
            medicalNote=[self._note("Bilan rassurant, laissé sur place avec consignes de surveillance.", at)],
            decision=[decision(self.numbers, "PASPLUS", at, self.doctor)],
        )
        self._go_home(engaged, at + minutes(4), self.where)
        self._end(at + minutes(8))

    def _refuse_transport(self, engaged: list[tuple[Resource, float, Point]], at: datetime) -> None:
        """Announced, but finally not coming: the last orientation is the home."""
        self.script.update(
            at,
            medicalNote=[self._note("Refus de transport signé, médecin traitant prévenu.", at)],
            decision=[decision(self.numbers, "ORIENT", at, self.doctor, orientation="DOMICILE")],
        )
        self._go_home(engaged, at + minutes(3), self.where)
        self._end(at + minutes(6))

    def _carry(
        self,
        engaged: list[tuple[Resource, float, Point]],
        carrier: Resource,
        to: tuple[EmergencySite, str],
        leaving: datetime,
        *,
        medical: bool,
        asked: str,
    ) -> None:
        generator, script = self.generator, self.script
        flies = carrier.type == "SMUR.HELISMUR"

        def travel(target: Point) -> float:
            return flight_minutes(self.where, target) if flies else road_minutes(self.where, target)

        for resource, _, _ in engaged:
            script.status(leaving, resource, "TRANSP")
        arriving = leaving + minutes(travel(to[0].point) * generator.uniform(0.9, 1.2))
        if generator.random() < cal.REDIRECTED_RATIO:
            others = [site for site in sites_with(to[1]) if site is not to[0]]
            elsewhere = min(others, key=lambda site: distance_km(self.where, site.point))
            turned = leaving + (arriving - leaving) * generator.uniform(0.2, 0.7)
            to = (elsewhere, to[1])
            script.update(
                turned,
                medicalNote=[self._note("Plateau technique saturé, réorientation.", turned)],
                decision=[
                    decision(self.numbers, "ORIENT", turned, self.doctor, to=to, medical=medical, resource=asked)
                ],
            )
            arriving = turned + minutes(travel(elsewhere.point) * generator.uniform(0.9, 1.2))
        for resource, _, _ in engaged:
            script.status(arriving, resource, "DESTIN")
        handed = arriving + minutes(generator.uniform(6, 25))
        script.status(handed, carrier, "FINPEC")
        self._go_home(engaged, handed + minutes(generator.uniform(2, 8)), to[0].point)
        self._end(handed + minutes(generator.uniform(1, 6)))

    def _go_home(self, engaged: list[tuple[Resource, float, Point]], at: datetime, start: Point) -> None:
        for resource, travel, base in engaged:
            self.script.status(at, resource, "RETOUR")
            back = at + minutes(travel if base == self.where else road_minutes(start, base))
            self.script.status(back, resource, "REN-BASE")
            self.fleet.release(resource.id, back)


def life(
    start: datetime,
    end: datetime,
    *,
    seed: int,
    share: float = 1.0,
    departments: Iterable[str] = tuple(SAMUS),
    imperfect: bool = True,
) -> Iterator[Sending]:
    """Every message that reaches the house between `start` and `end`, in the order of arrival.

    Cases opened in that window only; what they would send after its end is left out. `share` keeps that part of the
    cases (1 is the whole region: about 4,300 cases and 25,000 messages a day).
    """
    fleet = Fleet()
    noise = dice(seed, "imperfections", start.isoformat())
    waiting: list[tuple[datetime, int, Sending]] = []
    order = 0
    for call in calls_between(start, end, seed, share, departments):
        sendings = CasePlay(call, fleet, seed).play()
        if imperfect:
            sendings = with_imperfections(sendings, noise)
        while waiting and waiting[0][0] <= call.opened_at:
            yield heapq.heappop(waiting)[2]
        for sending in sendings:
            if sending.at < end:
                order += 1
                heapq.heappush(waiting, (sending.at, order, sending))
    while waiting:
        yield heapq.heappop(waiting)[2]
