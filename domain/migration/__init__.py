"""How one migration is carried out: states, messages, publishing, replication."""
