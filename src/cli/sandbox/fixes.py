"""Corrects what ministack does otherwise than AWS, where it would show to users of the sandbox."""


def apply():
    """Patches the modules of ministack; called once, before it starts."""
