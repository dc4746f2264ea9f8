"""How much, when and what: the figures the simulated days follow, and how each was obtained.

Counted from public tables (tests compute them again from `../shared/data`):

- cases per département: `DRM` of SAE 2023, table SMURSAMU (`Samu.cases_per_year`), over 365 days. 1,577,160 dossiers de
  régulation médicale in the region, 4,321 a day.
- share of cases with a SMUR: primary outings (`SORTER1` + `SORAER1`) of the SMUR of the département, same table, over
  its `DRM`. From 1.2 % (Tarn-et-Garonne) to 4.5 % (Hérault).
- visits of each emergency department: `PASSU` of SAE 2023, table URGENCES2 (`EmergencySite.visits_per_year`), used as
  the pull of a site on the patients around it; 1,826,144 in the region, 5,003 a day.

Assumed, since no public table of this project says it; orders of magnitude of national reports on SAMU activity:

- the hours of a day (one weight per hour of local time, sum 1): lowest between 3 and 6, a plateau from 9, a second
  summit between 18 and 21 when the practices close;
- the days of a week (mean 1): Saturday and Sunday above, because the SAMU then also answers for the closed practices;
- what is decided when no SMUR leaves (`DECISIONS`).
"""

from __future__ import annotations

from datetime import date
from functools import cache

from maison_region.facilities import SAMUS

HOURS = (
    0.026, 0.021, 0.017, 0.014, 0.013, 0.014, 0.019, 0.028, 0.042, 0.053, 0.058, 0.058,
    0.054, 0.051, 0.050, 0.050, 0.051, 0.055, 0.061, 0.064, 0.063, 0.055, 0.046, 0.037,
)  # fmt: skip

WEEK = (0.92, 0.88, 0.88, 0.88, 0.92, 1.24, 1.28)  # Monday first

# Primary SMUR outings of 2023, road and air, by département
PRIMARY_OUTINGS = {
    "09": 1408, "11": 3560, "12": 2350, "30": 6227, "31": 11442, "32": 1679, "34": 11561, "46": 1676, "48": 1036,
    "65": 3089, "66": 4346, "81": 3276, "82": 1464,
}  # fmt: skip

# When no SMUR leaves: advice, telephone prescription, home visit by a doctor, patient's own means to the emergency
# department, private ambulance, fire brigade ambulance.
DECISIONS = {"advice": 0.52, "prescription": 0.08, "visit": 0.06, "own_means": 0.11, "ambulance": 0.14, "rescue": 0.09}

LEFT_ON_SCENE_RATIO = 0.12  # a vehicle came, nobody was taken
CANCELLED_MISSION_RATIO = 0.03  # called back before arriving
REDIRECTED_RATIO = 0.025  # of those on their way, sent to another service
CANCELLED_ARRIVAL_RATIO = 0.015  # of those announced, finally not coming

# Imperfections of real feeds, as shares of the messages
LATE_RATIO = 0.01
DUPLICATE_RATIO = 0.006
OVERTAKEN_RATIO = 0.006  # sent before the message it follows


@cache
def smur_ratio(department: str) -> float:
    return PRIMARY_OUTINGS[department] / SAMUS[department].cases_per_year


def cases_per_hour(department: str, day: date, hour: int) -> float:
    """Expected number of cases opened by the SAMU of the département in this hour of local time."""
    return SAMUS[department].cases_per_year / 365 * WEEK[day.weekday()] * HOURS[hour]
