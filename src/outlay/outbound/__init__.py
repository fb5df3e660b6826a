"""HTTP/1.1 to other machines: connections that are kept, where they may lead, and how long they may take."""
