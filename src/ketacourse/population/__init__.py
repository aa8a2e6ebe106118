"""How parameters and patients vary."""
