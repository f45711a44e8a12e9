"""Files to municipalities: every fault with its place, schemas, proposals of addresses."""
