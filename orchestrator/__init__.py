"""Declare what must run on Web Call Server nodes; this makes it so, keeps it so, and remembers.

    socket → log → world → plan → request → socket → log → world

A node posts a hook; `shell.listen` reads it; it is appended to the log (`shell.log`) before it is
answered. `core.world` folds the log into the world. `core.plan` compares what documents want with
what was last seen and names the next actions, and those it holds back, with the reason. `kinds`
turn an action into a request; `shell.wcs` carries it; what came of it is an event again.
`daemon` calls these in a row, once for each node. Nothing else keeps a truth of its own.
"""
