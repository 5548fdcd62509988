// Delayproxy puts a simulated round trip between clients and one HTTP server.
//
// Every request waits one round trip before it is passed on, and every new connection one more. Each request is
// printed on standard output as a line of JSON with the times, in seconds, at which it came and was answered.
//
//	delayproxy LISTEN-ADDRESS TARGET-URL ROUND-TRIP
package main

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
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

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: delayproxy LISTEN-ADDRESS TARGET-URL ROUND-TRIP")
	}
	target, err := url.Parse(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	roundTrip, err := time.ParseDuration(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 256}
	var lock sync.Mutex
	lines := json.NewEncoder(os.Stdout)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := time.Now()
		time.Sleep(roundTrip)
		proxy.ServeHTTP(w, r)
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
