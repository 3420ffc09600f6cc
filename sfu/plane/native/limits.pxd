"""What the plane allows itself and others; the same figures as the reference's, named where they are used there."""

cdef enum:
    AUDIO = 0
    VIDEO = 1
    OPUS = 0
    VP8 = 1
    H264 = 2
    SILENT = 127

cdef enum:
    RING_SIZE = 1024  # packets; a power of two
    MAX_EVENTS = 4096
    MAX_SSRCS = 256
    MAX_CONTROL_SSRCS = 512  # with those that only ever sent SRTCP
    MAX_STRANGERS = 64
    MAX_MOVES = 8
    MAX_OTHERS = 16  # addresses of one peer besides the one it is sent to
    MAX_DEPARTED = 256
    MAX_SEGMENTS = 64
    MAX_RESENT = 512
    MAX_HOLE = 500
    MAX_REQUESTS = 10
    REORDER_PACKETS = 3
    HISTORY = 1500  # arrivals kept for transport-cc
    MAX_RECEIVED = 400
    MAX_STATUSES = 1400
    MAX_SPAN = 32768  # transport-wide numbers that one round of feedback tells of: more than any one leap
    REPORTS_PER_COMPOUND = 16
    BLOCKS_PER_REPORT = 31
    MAX_PROTECT = 1500  # plaintext bytes of an RTP packet
    MAX_PROTECT_RTCP = 1496
    MAX_UNPROTECT = 1644
    MAX_HEAD = 64  # outbound header with extensions
    DATAGRAM = 2048
    SCRATCH = 16384
    WHEEL_SLOTS = 256  # milliseconds that the pacing wheel looks ahead
    MAX_OWED = 64  # retransmissions kept until the rate allows them
    BATCH = 32  # packets of one encoding handed to its viewers together
    MAX_PADDING = 8  # bytes put on to make near-equal sizes equal
    ALL_LAYERS = 3  # temporal layers are 0 … 3
    SENT = 2048  # packets with a transport-wide number that are remembered; a power of two
    MAX_RESULTS = 512  # of feedback in an event
    MAX_EARLIER = 8  # blocks of earlier packets in one of RED
    MAX_RED_PAYLOAD = 1200  # bytes; what is earlier stays away where all would be longer
    MAX_RED_OFFSET = 0x3FFF
    MAX_RED_BLOCK = 0x3FF
    SEARCHED = 64  # packets looked at for one that a probe can repeat
    PROBE_PADDING = 224

cdef extern from *:
    """
    #define GB_REORDER_SECONDS 0.02
    #define GB_MIN_INTERVAL 0.04
    #define GB_GIVE_UP_SECONDS 1.0
    #define GB_DEFAULT_ROUND_TRIP 0.1
    #define GB_KEYFRAME_SECONDS 0.5
    #define GB_QUIET_SECONDS 1.0
    #define GB_REUSE_SECONDS 0.5
    #define GB_MAX_AGE_SECONDS 2.0
    #define GB_MIN_RESEND_SECONDS 0.02
    #define GB_LEVEL_SECONDS 0.1
    #define GB_STRANGER_SECONDS 0.1
    #define GB_FEEDBACK_SECONDS 0.075
    #define GB_REPORT_SECONDS 1.0
    #define GB_KEYFRAMES 4.0
    #define GB_KEYFRAMES_PER_SECOND 0.25
    #define GB_STRANGE_EVENTS 50.0
    #define GB_STRANGE_EVENTS_PER_SECOND 20.0
    #define GB_REPAIR_SECONDS 0.25
    #define GB_MAX_WAIT_SECONDS 0.5
    #define GB_MIN_TURN_SECONDS 0.001
    #define GB_MAX_TURN_SECONDS 0.1
    #define GB_BURST_SECONDS 0.02
    #define GB_LEAST_BURST 1500.0
    #define GB_AHEAD_SECONDS 0.001
    #define GB_NTP_EPOCH 2208988800LL
    #define GB_LONG_AGO (-__builtin_inf())
    """
    const double REORDER_SECONDS "GB_REORDER_SECONDS"
    const double MIN_INTERVAL "GB_MIN_INTERVAL"
    const double GIVE_UP_SECONDS "GB_GIVE_UP_SECONDS"
    const double DEFAULT_ROUND_TRIP "GB_DEFAULT_ROUND_TRIP"
    const double KEYFRAME_SECONDS "GB_KEYFRAME_SECONDS"
    const double QUIET_SECONDS "GB_QUIET_SECONDS"
    const double REUSE_SECONDS "GB_REUSE_SECONDS"
    const double MAX_AGE_SECONDS "GB_MAX_AGE_SECONDS"
    const double MIN_RESEND_SECONDS "GB_MIN_RESEND_SECONDS"
    const double LEVEL_SECONDS "GB_LEVEL_SECONDS"
    const double STRANGER_SECONDS "GB_STRANGER_SECONDS"
    const double FEEDBACK_SECONDS "GB_FEEDBACK_SECONDS"
    const double REPORT_SECONDS "GB_REPORT_SECONDS"
    const double KEYFRAMES "GB_KEYFRAMES"
    const double KEYFRAMES_PER_SECOND "GB_KEYFRAMES_PER_SECOND"
    const double STRANGE_EVENTS "GB_STRANGE_EVENTS"
    const double STRANGE_EVENTS_PER_SECOND "GB_STRANGE_EVENTS_PER_SECOND"
    const double REPAIR_SECONDS "GB_REPAIR_SECONDS"
    const double MAX_WAIT_SECONDS "GB_MAX_WAIT_SECONDS"
    const double MIN_TURN_SECONDS "GB_MIN_TURN_SECONDS"
    const double MAX_TURN_SECONDS "GB_MAX_TURN_SECONDS"
    const double BURST_SECONDS "GB_BURST_SECONDS"
    const double LEAST_BURST "GB_LEAST_BURST"
    const double AHEAD_SECONDS "GB_AHEAD_SECONDS"
    const long long NTP_EPOCH "GB_NTP_EPOCH"
    const double LONG_AGO "GB_LONG_AGO"
