// ticker.c: Go's time.Ticker. A timer whose fn sends the time on a channel with
// room for one tick; the heap sets it again before fn runs (kernel/time.c), at the
// previous deadline plus a period, so lateness does not add up.
//
// What always holds: the channel lives in the ticker and is open; only tick, on g0,
// sends on it, and never waits. ticker_stop and ticker_reset empty it once no tick
// can come any more of what was before, as Go does since 1.23: a tick that is
// received was due after the last ticker_start or ticker_reset began.
//
// Turned down: a goroutine per ticker (a stack each, and a switch per tick).
//
// Contexts: goroutines. Go: time/tick.go.
#include "../kernel/hooks.h"

#undef ticker_stop

static void
tick(void *arg)
{
	struct ticker *tk = arg;
	int64_t now = time_now();

	chansend(&tk->ch, &now, false);
}

// drain drops a tick that nobody has received.
static void
drain(struct ticker *tk)
{
	bool ok;

	chanrecv(&tk->ch, NULL, false, &ok);
}

void
ticker_start(struct ticker *tk, duration period)
{
	needgoroutine("ticker_start");
	if (period <= 0)
		panic("non-positive interval for NewTicker");
	if (tk->c == NULL) {
		chaninit(&tk->ch, sizeof(tk->tick), 1, &tk->tick);
		tk->c = &tk->ch;
	}
	if (tk->t.p != NULL)
		panic("ticker_start: the ticker runs already");
	tk->period = period;
	if (!starttimer(&tk->t, deadline(period), TIMER_TICKER, tick, tk))
		panic("ticker_start: the ticker runs already");
}

void
ticker_stop(void *arg)
{
	struct ticker *tk = arg;

	needgoroutine("ticker_stop");
	if (tk->c == NULL)
		return;
	stoptimer(&tk->t, true);
	drain(tk);
}

void
ticker_reset(struct ticker *tk, duration period)
{
	needgoroutine("ticker_reset");
	if (period <= 0)
		panic("non-positive interval for Ticker.Reset");
	if (tk->c == NULL)
		panic("time: Reset called on uninitialized Ticker");
	stoptimer(&tk->t, true);
	drain(tk);
	modtimer(&tk->t, deadline(period), period);
}
