"""Test messages of the Hub (TECHNICAL, TECHNICAL_NOREQ)."""

from typing import Annotated, Literal

from msgspec import Meta

from maison.formats.hub_sante.model import AtLeastOne, CalendarDate, DateTime, Email, Maybe, Model, Number, Phone
from maison.formats.hub_sante.vocabulary import Sex


class TechnicalObject(Model, kw_only=True):
    object_property_string: Maybe[str] = None
    object_property_number: Maybe[Number] = None
    object_property_required_string: str


class LevelThreeData(Model, kw_only=True):
    string_level4: Maybe[str] = None


class LevelTwoData(Model, kw_only=True):
    object1_level3: Maybe[LevelThreeData] = None
    string_level3: Maybe[str] = None


class SecondLevelTwoData(Model, kw_only=True):
    object2_level3: Maybe[LevelThreeData] = None


class LevelOneData(Model, kw_only=True):
    object1_level2: Maybe[LevelTwoData] = None
    string_level2: Maybe[str] = None
    object2_level2: Maybe[SecondLevelTwoData] = None


class Technical(Model, kw_only=True):
    """TECHNICAL, `technical`: test message carrying every kind of constraint."""

    required_string_field: str
    optional_string_field: Maybe[str] = None
    enumeration_field: Maybe[
        Literal["ENUM_VALUE_1", "ENUM_VALUE_2", "ENUM_VALUE_3", "ENUM_VALUE_4", "ENUM_VALUE_5"]
    ] = None
    integer_field: Maybe[int] = None
    number_field: Maybe[Number] = None
    boolean_field: Maybe[bool] = None
    object_field: Maybe[TechnicalObject] = None
    array_field: list[str] = []
    enum_array_field: list[
        Literal["ENUM_VALUE_10", "ENUM_VALUE_20", "ENUM_VALUE_30", "ENUM_VALUE_40", "ENUM_VALUE_50"]
    ] = []
    required_array: AtLeastOne[str]
    array_with_max_length: Annotated[list[str], Meta(max_length=5)] = []
    phone_number_field: Maybe[Phone] = None
    date_field: Maybe[CalendarDate] = None
    email_field: Maybe[Email] = None
    datetime_field: Maybe[DateTime] = None
    object_level1: Maybe[LevelOneData] = None
    nomenclature_field: Maybe[Sex] = None


class TechnicalNoreq(Model, kw_only=True):
    """TECHNICAL_NOREQ, `technicalNoreq`: the same without any required member; travels without a header."""

    optional_string_field: Maybe[str] = None
    enumeration_field: Maybe[
        Literal["ENUM_VALUE_1", "ENUM_VALUE_2", "ENUM_VALUE_3", "ENUM_VALUE_4", "ENUM_VALUE_5"]
    ] = None
    integer_field: Maybe[int] = None
    number_field: Maybe[Number] = None
    boolean_field: Maybe[bool] = None
    object_field: Maybe[TechnicalObject] = None
    array_field: list[str] = []
    enum_array_field: list[
        Literal["ENUM_VALUE_10", "ENUM_VALUE_20", "ENUM_VALUE_30", "ENUM_VALUE_40", "ENUM_VALUE_50"]
    ] = []
    array_with_max_length: Annotated[list[str], Meta(max_length=5)] = []
    phone_number_field: Maybe[Phone] = None
    date_field: Maybe[CalendarDate] = None
    email_field: Maybe[Email] = None
    datetime_field: Maybe[DateTime] = None
    object_level1: Maybe[LevelOneData] = None
    nomenclature_field: Maybe[Sex] = None
