"""What others see over HTTP and the control socket: pure functions of a request and the world."""
