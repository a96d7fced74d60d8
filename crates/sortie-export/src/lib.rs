//! How findings leave Sortie: alerts as JSON lines and webhooks.
