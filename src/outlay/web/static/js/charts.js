// Chart read-outs; see below.
