"""Single sign-on in the browser: the way to a provider and back, and the page it is set up on."""
