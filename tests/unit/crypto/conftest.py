from tests.support.no_olm import no_olm

__all__ = ["no_olm"]
