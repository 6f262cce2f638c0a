"""What structured data must look like: schemas, their versions, and what does not fit them."""
