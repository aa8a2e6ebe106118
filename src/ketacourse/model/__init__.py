"""What the drug does, stage by stage: equations only, no numbers."""
