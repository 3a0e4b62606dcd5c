module gzero/bench

go 1.19
