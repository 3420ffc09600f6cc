"""What a forwarder must know of each codec's payload: where a keyframe begins, and which ids must stay continuous."""
