"""The test internet: an origin, names, a CA and strange servers, all on loopback."""
