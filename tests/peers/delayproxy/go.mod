module delayproxy

go 1.26
