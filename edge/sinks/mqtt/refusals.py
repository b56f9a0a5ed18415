"""Sentences for a broker that can't be connected to: each reason its own, with what to do."""

from __future__ import annotations

import errno
import socket
import ssl

from edge.sinks.addresses import MQTT_VARIABLES, BrokerAddress
from edge.system.unit import network_hint

# Codes of OpenSSL's certificate verification (x509_vfy.h).
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_NAMES = (62, 64)  # host name, IP address
_LOGIN_CODES = (134, 135)  # of MQTT 5, to which paho translates those before: a wrong login, not authorized
_PROTOCOL_CODE, _KEEPALIVE_CODE = 130, 141
_SILENT = (errno.ETIMEDOUT, errno.EHOSTUNREACH)


def why_not(error: OSError, address: BrokerAddress) -> str:
    """Return one sentence for an error of connecting to a broker."""
    place = address.place
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, place)
    if isinstance(error, ssl.SSLError):
        return f"{place} speaks no TLS ({error.reason or error}): mqtt:// is without, or try port 8883"
    if address.has_tls and isinstance(error, ConnectionResetError):
        return f"{place} broke off the handshake of TLS: mqtt:// is without, or try port 8883"
    hint = network_hint(error)
    if isinstance(error, socket.gaierror):
        return f"no address is known for the broker {address.host}{hint}"
    return f"no broker at {place} ({_words(error)}){hint}"


def no_answer(address: BrokerAddress, code: int) -> str:
    """Return one sentence for a connection that ended before an answer, for a reason with a code of MQTT 5."""
    if code == _KEEPALIVE_CODE:  # it was we who left
        return f"{address.place} takes connections and doesn't answer"
    if code == _PROTOCOL_CODE:
        return f"{address.place} speaks no MQTT"
    advice = "" if address.has_tls else ": does it want TLS? then mqtts://"
    return f"{address.place} hung up before it answered{advice}"


def refusal(reason: str, code: int) -> str:
    """Return one sentence for a broker that refuses the connection, whose reason has a code of MQTT 5."""
    is_login = code in _LOGIN_CODES
    advice = f": {MQTT_VARIABLES['username']} and {MQTT_VARIABLES['password']} must hold its login" if is_login else ""
    return f"the broker refuses ({reason}){advice}"


def _words(error: OSError) -> str:
    """Return the reason in plain words."""
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, TimeoutError) or error.errno in _SILENT:
        return "nobody answers"
    return error.strerror or str(error)


def _untrusted(error: ssl.SSLCertVerificationError, place: str) -> str:
    reason = error.verify_message or "its authority is unknown"
    if error.verify_code in _OTHER_NAMES:
        return f"the certificate of {place} is for another host ({reason}): give --mqtt the name that stands in it"
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return f"the certificate of {place} isn't valid today ({reason}): look at this machine's clock, or renew it"
    return (
        f"the certificate of {place} isn't trusted ({reason}): {MQTT_VARIABLES['authority']} must name the PEM file of "
        "its authority"
    )
