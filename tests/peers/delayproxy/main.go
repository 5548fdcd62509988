// Delayproxy puts a simulated round trip between clients and one HTTP server.
//
// Every request waits one round trip before it is passed on, and every new connection one more. Each request is
// printed on standard output as a line of JSON with the times, in seconds, at which it came and was answered.
// With a limit, as in 60/1s, every further request of the same second is answered with 429 and Retry-After.
//
//	delayproxy LISTEN-ADDRESS TARGET-URL ROUND-TRIP [REQUESTS/DURATION]
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type slowListener struct {
	net.Listener
	roundTrip time.Duration
}

type slowConn struct {
	net.Conn
	once  sync.Once
	delay time.Duration
}

func (l slowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &slowConn{Conn: conn, delay: l.roundTrip}, nil
}

func (c *slowConn) Read(b []byte) (int, error) {
	c.once.Do(func() { time.Sleep(c.delay) })
	return c.Conn.Read(b)
}

// A rateLimit lets so many requests pass in each window, and says how long the others have to wait.
type rateLimit struct {
	lock     sync.Mutex
	requests int
	window   time.Duration
	began    time.Time
	passed   int
}

func parseLimit(text string) (*rateLimit, error) {
	requests, window, _ := strings.Cut(text, "/")
	count, err := strconv.Atoi(requests)
	if err != nil {
		return nil, err
	}
	duration, err := time.ParseDuration(window)
	return &rateLimit{requests: count, window: duration}, err
}

// wait is zero for a request that may pass.
func (l *rateLimit) wait(now time.Time) time.Duration {
	l.lock.Lock()
	defer l.lock.Unlock()
	if now.Sub(l.began) >= l.window {
		l.began, l.passed = now, 0
	}
	if l.passed < l.requests {
		l.passed++
		return 0
	}
	return l.began.Add(l.window).Sub(now)
}

func main() {
	if len(os.Args) != 4 && len(os.Args) != 5 {
		log.Fatal("usage: delayproxy LISTEN-ADDRESS TARGET-URL ROUND-TRIP [REQUESTS/DURATION]")
	}
	target, err := url.Parse(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	roundTrip, err := time.ParseDuration(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	limit := &rateLimit{requests: math.MaxInt}
	if len(os.Args) == 5 {
		if limit, err = parseLimit(os.Args[4]); err != nil {
			log.Fatal(err)
		}
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 256}
	var lock sync.Mutex
	lines := json.NewEncoder(os.Stdout)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := time.Now()
		time.Sleep(roundTrip)
		if wait := limit.wait(time.Now()); wait > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(math.Ceil(wait.Seconds())))
			w.WriteHeader(http.StatusTooManyRequests)
		} else {
			proxy.ServeHTTP(w, r)
		}
		lock.Lock()
		defer lock.Unlock()
		_ = lines.Encode(map[string]any{
			"method": r.Method, "path": r.URL.RequestURI(),
			"came": float64(came.UnixNano()) / 1e9, "answered": float64(time.Now().UnixNano()) / 1e9,
		})
	})
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(slowListener{listener, roundTrip}, handler))
}
