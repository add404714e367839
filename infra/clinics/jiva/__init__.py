"""Jiva, a care-management platform: records of records, read through a paged REST API."""

from infra.clinics.jiva.api import LISTS, Api
from infra.clinics.jiva.expected import expected
from infra.clinics.jiva.generator import Jiva
from infra.clinics.jiva.life import JivaLife

__all__ = ["LISTS", "Api", "Jiva", "JivaLife", "expected"]
