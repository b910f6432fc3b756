"""The back-end `lantern`: readable C++ that the system's compiler makes native code of."""
