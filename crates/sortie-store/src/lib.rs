//! What Sortie keeps: the journal of events, records of findings, their index.
