"""The composition root: the only room that names concrete adapters. `journals` says which journal the program uses,
`machine` puts a running one together."""
