"""The arrows of the house (DESIGN, section 5) as data: which room may include which, and who may touch which library."""

# A room may include itself and the rooms named here, nothing else. A file's room is the longest folder that fits.
ROOMS = {
    "proto": set(),
    "crypto/base": {"proto"},
    "crypto/e2ee": {"crypto/base", "proto"},
    "storage": {"crypto/base", "proto"},
    "storage/embedded": {"storage", "crypto/base", "proto"},
    "server": {"storage", "crypto/base", "proto"},
    "client": {"crypto/e2ee", "crypto/base", "proto"},
}
# These stand outside the house and may look into every room.
OUTSIDE = ("tests", "bench", "cmake")

# Single files with an arrow of their own, each with its reason.
EXCEPTIONS = {
    ("server/serve.cpp", "storage/embedded/open.hpp"): "serving chooses its store; everything else knows the seam",
}

# Generated from the three languages: who may read which. Nobody else's room.
LANGUAGES = {
    "proto/wire.pb.h": {"proto", "server", "client", "crypto/base", "crypto/e2ee", "storage", "storage/embedded"},
    "proto/content.pb.h": {"client", "crypto/e2ee"},
    "proto/stored.pb.h": {"storage", "storage/embedded"},
}

# Libraries (start of the include's name) and the rooms that may include them.
LIBRARIES = {
    "boost/beast": {"server", "client"},
    "boost/asio": {"server", "client", "storage", "storage/embedded"},
    "rocksdb/": {"storage/embedded"},
    "sodium": {"crypto/base"},
    "signal_protocol": {"crypto/e2ee"},
    "signal/": {"crypto/e2ee"},
    "session_builder.h": {"crypto/e2ee"},
    "session_cipher.h": {"crypto/e2ee"},
    "session_record.h": {"crypto/e2ee"},
    "session_state.h": {"crypto/e2ee"},
    "session_pre_key.h": {"crypto/e2ee"},
    "ratchet.h": {"crypto/e2ee"},
    "protocol.h": {"crypto/e2ee"},
    "curve.h": {"crypto/e2ee"},
    "hkdf.h": {"crypto/e2ee"},
    "key_helper.h": {"crypto/e2ee"},
    "fingerprint.h": {"crypto/e2ee"},
    "sqlcipher/": {"client"},
    "sqlite3": {"client"},
    "openssl/": {"crypto/base", "crypto/e2ee", "server", "client"},
    "qrencode": {"server", "client"},
    "CLI/": {"server", "client"},
    "toml++": {"server"},
    "spdlog/": {"server"},
    "catch2/": set(),
    "rapidcheck": set(),
    "benchmark/": set(),
}

# Enumerations only: costs nothing to compile.
BEAST_LIGHT = {"boost/beast/core/role.hpp"}
# A file that includes Beast costs a minute with sanitizers: only these, each one place where HTTP or WebSocket is spoken.
BEAST_FILES = {
    "server/connection.hpp",
    "server/connection.cpp",
    "server/canary_flight.cpp",
    "server/greeting.cpp",
    "client/socket.cpp",
    "cmake/beast.cpp",
}


def room_of(path: str) -> str | None:
    """The room of a file or include; 'outside' for what may see everything; None for what is no part of the house."""
    if path.split("/")[0] in OUTSIDE:
        return "outside"
    fitting = [room for room in ROOMS if path.startswith(room + "/")]
    return max(fitting, key=len) if fitting else None
