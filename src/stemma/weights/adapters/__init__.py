"""PEFT adapters: applied to their base on read, or taken apart where there is no base."""
