// main.go: the operations of bench/*.c as Go does them, for `make bench-go`.
//
// Each workload lies between a call of markBegin and one of markEnd. The counter
// plugin counts the instructions that are executed between the two; nothing here
// measures anything but memory. Standard output says, in the order of the marks,
// what was counted, in the words of bench/bench.h:
//
//	bench ID OPS BASE TIMES
//	value ID FIGURE
//
// and tools/benchgo.py joins the two. The IDs are those of bench/ops.c.
//
// What always holds: whatever a workload needs is made before the mark, and it was
// run through once, so that nothing is counted that happens once in a program's
// life; one thread runs goroutines (GOMAXPROCS=1), and there is no garbage
// collection.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

const (
	n     = 10000 // rounds
	batch = 1000  // goroutines alive at once where many are started
	ring  = 10000 // goroutines in the ring
)

var sink int

// markBegin and markEnd are found by name in the symbol table.
//
//go:noinline
func markBegin() { sink++ }

//go:noinline
func markEnd() { sink-- }

// measure runs work once without marks and once between them. Of the count, times
// times that of base, an interval before it, is not the operations' own.
func measure(id string, ops int, base string, times int, work func()) {
	work()
	markBegin()
	work()
	markEnd()
	fmt.Println("bench", id, ops, base, times)
}

func nothing() {}

func loop() {
	for i := 0; i < n; i++ {
		sink = i
	}
}

// Ten instructions more than loop: the reader does not go on unless it counts ten.
var stores [10]int

func ten() {
	for i := 0; i < n; i++ {
		sink = i
		stores[0] = i
		stores[1] = i
		stores[2] = i
		stores[3] = i
		stores[4] = i
		stores[5] = i
		stores[6] = i
		stores[7] = i
		stores[8] = i
		stores[9] = i
	}
}

// ---- Goroutines -----------------------------------------------------------------

// Two goroutines that yield to each other: a round is two switches.
func yield() {
	stop, stopped := false, false

	go func() {
		for !stop {
			runtime.Gosched()
		}
		stopped = true
	}()
	measure("yield", 2*n, "loop", 2, func() {
		for i := 0; i < n; i++ {
			sink = i
			runtime.Gosched()
		}
	})
	for stop = true; !stopped; {
		runtime.Gosched()
	}
}

var ended int

func life() { ended++ }

// Batches, so that the yield that lets them run is shared.
func goBatch() {
	measure("go_batch", n, "loop", 1, func() {
		for i := 0; i < n; i += batch {
			ended = 0
			for j := 0; j < batch; j++ {
				sink = j
				go life()
			}
			for ended < batch {
				runtime.Gosched()
			}
		}
	})
}

func sendOne(c chan int) { c <- 1 }

func spawnJoin() {
	c := make(chan int)
	measure("spawn_join", n, "loop", 1, func() {
		for i := 0; i < n; i++ {
			sink = i
			go sendOne(c)
			<-c
		}
	})
}

// ---- Channels -------------------------------------------------------------------

func pingPong() {
	there, back := make(chan int), make(chan int)

	go func() {
		for v := range there {
			back <- v
		}
	}()
	measure("ping_pong", n, "loop", 2, func() {
		for i := 0; i < n; i++ {
			sink = i
			there <- i
			<-back
		}
	})
	close(there)
}

func sendRecv() {
	c := make(chan int, 1)
	measure("send_recv", n, "loop", 1, func() {
		for i := 0; i < n; i++ {
			sink = i
			c <- i
			<-c
		}
	})
}

// Each round one of four channels has a value, another one each time; what is
// compared with is the same with a plain receive from that one.
func selectOne() {
	var c [4]chan int

	for i := range c {
		c[i] = make(chan int, 1)
	}
	measure("select_base", n, "loop", 1, func() {
		for i := 0; i < n; i++ {
			sink = i
			c[i&3] <- i
			<-c[i&3]
		}
	})
	measure("select_one", n, "select_base", 1, func() {
		for i := 0; i < n; i++ {
			sink = i
			c[i&3] <- i
			select {
			case <-c[0]:
			case <-c[1]:
			case <-c[2]:
			case <-c[3]:
			}
		}
	})
}

func selectNone() {
	var c [4]chan int

	for i := range c {
		c[i] = make(chan int, 1)
	}
	measure("select_none", n, "loop", 1, func() {
		for i := 0; i < n; i++ {
			sink = i
			select {
			case <-c[0]:
			case <-c[1]:
			case <-c[2]:
			case <-c[3]:
			default:
			}
		}
	})
}

// used is what the heap and the stacks of goroutines take.
func used() uint64 {
	var m runtime.MemStats

	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse + m.MSpanInuse
}

// A channel from each goroutine to the next, and one token. Before it goes
// round, all of them wait: that is the memory of a blocked goroutine, its
// channel included.
func ringHop() {
	before := used()
	first := make(chan int)
	left := first
	for i := 1; i < ring; i++ {
		right := make(chan int)
		go func(left, right chan int) {
			for v := range left {
				right <- v
			}
			close(right)
		}(left, right)
		left = right
	}
	last := left
	runtime.Gosched()
	for i := 0; i < ring/61; i++ { // until each of them waits
		runtime.Gosched()
	}
	memory := float64(used()-before) / (ring - 1)

	measure("ring", ring, "mark", 1, func() {
		first <- 1
		<-last
	})
	close(first)
	fmt.Printf("value memory %.0f\n", memory)
}

// ---- Sync -----------------------------------------------------------------------

func mutex() {
	var mu sync.Mutex

	measure("mutex", n, "loop", 1, func() {
		for i := 0; i < n; i++ {
			sink = i
			mu.Lock()
			mu.Unlock()
		}
	})
}

func main() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	measure("mark", 1, "-", 0, nothing)
	measure("loop", n, "mark", 1, loop)
	measure("ten", n, "loop", 1, ten)
	yield()
	goBatch()
	spawnJoin()
	pingPong()
	sendRecv()
	mutex()
	selectOne()
	selectNone()
	ringHop()
}
