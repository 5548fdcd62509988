// Refreg is a registry in memory that has the referrers API, which neither distribution nor crane's registry has.
//
//	refreg ADDRESS
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: refreg ADDRESS")
	}
	server := http.Server{
		Addr:              os.Args[1],
		Handler:           registry.New(registry.WithReferrersSupport(true)),
		ReadHeaderTimeout: 10 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
