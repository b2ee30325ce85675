"""What others see over HTTP and over the control socket, as pure functions of a request and the world."""
