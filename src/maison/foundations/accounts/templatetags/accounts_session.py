from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def idle_minutes() -> int:
    """After how long without activity a session ends, for the script that warns before."""
    return int(settings.IDLE_MINUTES)
