//! The two doors of Sortie: inbound and outbound.
