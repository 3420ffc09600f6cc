"""Live rooms in the web process: what holds a meeting together while people are in it.

    socket (web/signalling) → Hub → Room: one command at a time → judge → log (durable) → everybody is told
                                     Room → MediaDriver: program, microphones and recording follow the state
    media worker → events → Hub → Room: slots and layers passed on, interruptions become facts

State lives in the log alone: a room is folded from it when the process starts, and clients come back by themselves.
"""
