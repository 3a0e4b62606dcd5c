// main_255: the largest status there is, 256 more than which is the same.
// expect-status: 255
int
main(void)
{
	return 255 + 256;
}
