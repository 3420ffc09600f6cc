"""Live rooms in the web process: what holds a meeting together while people are in it.

    socket (web/signalling) → Hub → Room: one command at a time → judge → log (durable) → everybody is told
                                     Room → MediaDriver: program, microphones and recording follow the state
    media workers → events → Workers → Room: slots and layers passed on, interruptions become facts
    Workers: which room is on which worker; Placement: where a new one goes

State lives in the log alone: a room is folded from it when the process starts, and clients come back by themselves.
"""
