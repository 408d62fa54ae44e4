"""`ingestd fuzz`: invented personal data planted in one's own documents, and looked for."""
