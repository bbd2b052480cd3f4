"""What the simulated service knows and how it behaves; nothing here has heard of HTTP."""
